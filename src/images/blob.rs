//! One blob from a source into the repository: counted, checked, begun again when it breaks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use super::blob_stream::{BlobStream, not_what_was_asked};
use super::manifest::{Descriptor, hexadecimal};
use super::registry_error::{Kind, RegistryError};
use super::remote::Remote;
use super::retry::{TRIES, pause, retried};
use super::source::Source;
use super::{Event, Events};

/// How long nothing may move. A registry that has all of a large blob still has to read it through.
const STALLED: Duration = Duration::from_secs(300);
/// How many bytes move between two events.
const STEP: u64 = 1024 * 1024;

/// Brings a blob over, unless it is there.
pub(super) async fn bring(
    source: &Source,
    target: &Remote,
    blob: &Descriptor,
    events: &Events,
) -> Result<bool, RegistryError> {
    let (digest, bytes) = (blob.digest.clone(), blob.size);
    if retried(|| target.has(blob)).await? {
        let _ = events.send(Event::There { digest, bytes });
        return Ok(false);
    }
    let begun = Instant::now();
    let _ = events.send(Event::Begun {
        digest: digest.clone(),
        bytes,
    });
    let mut attempt = 1;
    loop {
        match carry(source, target, blob, events).await {
            Ok(()) => break,
            Err(problem) if problem.kind == Kind::Passing && attempt < TRIES => {
                let _ = events.send(Event::Again {
                    digest: digest.clone(),
                    because: problem.detail,
                });
                pause(attempt).await;
                attempt += 1;
                // What broke may have been the answer alone.
                if retried(|| target.has(blob)).await? {
                    break;
                }
            }
            Err(problem) => return Err(problem),
        }
    }
    let _ = events.send(Event::Arrived {
        digest,
        bytes,
        elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    Ok(true)
}

async fn carry(
    source: &Source,
    target: &Remote,
    blob: &Descriptor,
    events: &Events,
) -> Result<(), RegistryError> {
    let from = source.read(blob).await?;
    let moved = Arc::new(AtomicU64::new(0));
    // What was wrong with the source: the target only sees that the bytes ended.
    let wrong = Arc::new(Mutex::new(None));
    let counted = count(from, blob, &moved, &wrong, events.clone());
    let ended = tokio::select! {
        ended = target.write(blob, counted) => ended,
        () = stall(&moved) => Err(RegistryError::new(
            Kind::Passing,
            format!("nothing moved for {} minutes", STALLED.as_secs() / 60),
        )),
    };
    let wrong = wrong.lock().ok().and_then(|mut wrong| wrong.take());
    match (ended, wrong) {
        (Err(_), Some(wrong)) => Err(wrong),
        (ended, _) => ended,
    }
}

/// The same stream, counted and checked: it fails when the bytes are not what the digest says.
fn count(
    from: BlobStream,
    blob: &Descriptor,
    moved: &Arc<AtomicU64>,
    wrong: &Arc<Mutex<Option<RegistryError>>>,
    events: Events,
) -> BlobStream {
    struct Counting {
        from: BlobStream,
        hash: Sha256,
        bytes: u64,
        reported: u64,
        blob: Descriptor,
        moved: Arc<AtomicU64>,
        wrong: Arc<Mutex<Option<RegistryError>>>,
        events: Events,
        over: bool,
    }
    impl Counting {
        fn fail(&mut self, problem: RegistryError) -> std::io::Error {
            self.over = true;
            let detail = std::io::Error::other(problem.detail.clone());
            if let Ok(mut wrong) = self.wrong.lock() {
                *wrong = Some(problem);
            }
            detail
        }

        fn took(&mut self, part: &Bytes) -> Result<(), RegistryError> {
            self.hash.update(part);
            self.bytes += part.len() as u64;
            self.moved.store(self.bytes, Ordering::Relaxed);
            if self.bytes > self.blob.size {
                let detail = format!("more than the {} bytes it should have", self.blob.size);
                return Err(RegistryError::new(Kind::Corrupt, detail));
            }
            if self.bytes == self.blob.size {
                let found = hexadecimal(&self.hash.clone().finalize());
                // Before the last bytes go out, so that the target never has the whole of it.
                if found != self.blob.digest {
                    return Err(not_what_was_asked(&self.blob.digest, &found));
                }
            }
            if self.bytes - self.reported >= STEP {
                self.reported = self.bytes;
                let _ = self.events.send(Event::Moved {
                    digest: self.blob.digest.clone(),
                    bytes: self.bytes,
                });
            }
            Ok(())
        }
    }
    let start = Counting {
        from,
        hash: Sha256::new(),
        bytes: 0,
        reported: 0,
        blob: blob.clone(),
        moved: Arc::clone(moved),
        wrong: Arc::clone(wrong),
        events,
        over: false,
    };
    futures_util::stream::unfold(start, |mut this| async move {
        if this.over {
            return None;
        }
        let item = match this.from.next().await {
            Some(Ok(part)) => match this.took(&part) {
                Ok(()) => Ok(part),
                Err(problem) => Err(this.fail(problem)),
            },
            Some(Err(error)) => {
                // A source that hands out other bytes is told apart from one that breaks off.
                let kind = if this.bytes >= this.blob.size {
                    Kind::Corrupt
                } else {
                    Kind::Passing
                };
                Err(this.fail(RegistryError::new(
                    kind,
                    format!("the source broke off: {error}"),
                )))
            }
            None if this.bytes < this.blob.size => {
                let detail = format!(
                    "the source broke off after {} of {} bytes",
                    this.bytes, this.blob.size
                );
                Err(this.fail(RegistryError::new(Kind::Passing, detail)))
            }
            None => return None,
        };
        Some((item, this))
    })
    .boxed()
}

/// Ends when nothing has moved for too long.
async fn stall(moved: &AtomicU64) {
    let mut last = (moved.load(Ordering::Relaxed), tokio::time::Instant::now());
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let now = moved.load(Ordering::Relaxed);
        if now != last.0 {
            last = (now, tokio::time::Instant::now());
        } else if last.1.elapsed() >= STALLED {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::manifest::digest;

    /// What a target gets of these two parts as a blob of this digest, and what was wrong with them.
    async fn sent(digest: String) -> (Vec<std::io::Result<Bytes>>, Option<RegistryError>) {
        let parts = [Bytes::from_static(b"one "), Bytes::from_static(b"two")].map(Ok);
        let blob = Descriptor {
            media_type: "application/octet-stream".to_owned(),
            digest,
            size: 7,
        };
        let (events, _received) = tokio::sync::mpsc::unbounded_channel();
        let wrong = Arc::new(Mutex::new(None));
        let from = futures_util::stream::iter(parts).boxed();
        let counted = count(from, &blob, &Arc::default(), &wrong, events);
        let all = counted.collect().await;
        let wrong = wrong.lock().ok().and_then(|mut wrong| wrong.take());
        (all, wrong)
    }

    #[tokio::test]
    async fn the_last_bytes_of_what_is_not_its_digest_are_held_back() {
        let (all, wrong) = sent(digest(b"one two")).await;
        assert!(all.len() == 2 && all.iter().all(Result::is_ok) && wrong.is_none());
        let (all, wrong) = sent(digest(b"one ten")).await;
        assert!(all.len() == 2 && all[0].is_ok() && all[1].is_err());
        assert_eq!(wrong.map(|wrong| wrong.kind), Some(Kind::Corrupt));
    }
}
