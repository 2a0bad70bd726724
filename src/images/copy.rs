//! An image from a source into the repository: blobs first, manifests after what they name, the tag last.
//!
//! Whatever is there already is not sent again, so a copy that was cut goes on where it was.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::blob::bring;
use super::manifest::{Descriptor, ManifestContent, Platform, Raw};
use super::registry_error::{Kind, RegistryError};
use super::retry::retried;
use super::source::Source;
use super::target::Target;
use super::{Event, Events};
use crate::command_error::{CommandError, ErrorKind};

/// How many blobs are on their way at once.
const AT_ONCE: usize = 4;

/// The most bytes that the manifests of an index may have together: they are held in memory.
const INDEX_LIMIT: usize = 16 * 1024 * 1024;

/// What is wanted of an image.
#[derive(Debug, Clone, Copy)]
pub struct CopyRequest<'w> {
    /// The tag it gets.
    pub tag: &'w str,
    /// The one architecture that was asked for, such as `arm64`.
    pub only: Option<&'w str>,
    /// Copy every architecture; without it and `only`, the one that `needs` names.
    pub all: bool,
    /// The architecture that its service runs on.
    pub needs: &'w str,
    /// The name of that service.
    pub service: &'w str,
}

/// An image that is in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyResult {
    /// The whole reference with its tag.
    pub image: String,
    /// Its digest.
    pub digest: String,
    /// Such as `linux/arm64`.
    pub platforms: Vec<String>,
    /// How many blobs were sent.
    pub sent: usize,
    /// How many bytes those have.
    pub bytes: u64,
    /// Whether the tag named this very image before.
    pub already: bool,
}

/// Brings an image into the repository.
///
/// # Errors
/// Refused when the tag names another image and may not move, or when the image does not fit the
/// service; otherwise what the source or the repository answered.
pub async fn copy(
    source: &Source,
    target: &Target,
    request: CopyRequest<'_>,
    events: &Events,
) -> Result<CopyResult, CommandError> {
    let found = source
        .top()
        .await
        .map_err(|problem| unread(source, &problem))?;
    let (top, children) = choose(source, found, request).await?;
    let platforms = platforms(source, &top, &children).await?;
    check_architecture(source, &platforms, request)?;
    let names: Vec<String> = platforms.iter().map(Platform::name).collect();
    let _ = events.send(Event::Resolved {
        from: source.name(),
        digest: top.digest.clone(),
        platforms: names.clone(),
    });
    let image = format!("{}:{}", target.uri, request.tag);
    let remote = &target.remote;
    remote
        .check_write_access()
        .await
        .map_err(|problem| unwritten(target, &problem))?;
    let held = retried(|| remote.digest_of(request.tag))
        .await
        .map_err(|problem| unwritten(target, &problem))?;
    let mut copied = CopyResult {
        image,
        digest: top.digest.clone(),
        platforms: names,
        sent: 0,
        bytes: 0,
        already: false,
    };
    if let Some(held) = held {
        if held == top.digest {
            copied.already = true;
            return Ok(copied);
        }
        if target.immutable {
            return Err(CommandError::new(
                ErrorKind::Refused,
                format!(
                    "`{}` is another image in {} already",
                    request.tag, target.name
                ),
            )
            .detail(format!("there: {held}"))
            .detail(format!("here:  {}", top.digest))
            .hint("tags of this repository do not move: choose another with --tag"));
        }
    }
    let blobs = blobs(&top, &children);
    let failed = AtomicBool::new(false);
    // What has begun when another blob fails is finished: the next run finds it there.
    let ended: Vec<Result<Option<u64>, CommandError>> = futures_util::stream::iter(&blobs)
        .take_while(|_| std::future::ready(!failed.load(Ordering::Relaxed)))
        .map(|blob| async {
            let sent = bring(source, remote, blob, events).await;
            failed.fetch_or(sent.is_err(), Ordering::Relaxed);
            sent.map(|sent| sent.then_some(blob.size))
                .map_err(|problem| broken(source, target, blob, &problem))
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let sent: Vec<u64> = ended
        .into_iter()
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    copied.sent = sent.len();
    copied.bytes = sent.iter().sum();
    for child in &children {
        retried(|| remote.put(child, &child.digest))
            .await
            .map_err(|problem| unwritten(target, &problem))?;
    }
    retried(|| remote.put(&top, request.tag))
        .await
        .map_err(|problem| unwritten(target, &problem))?;
    arrived(target, &top, request.tag).await?;
    Ok(copied)
}

/// What is copied: the image or index itself, and the manifests that an index names.
async fn choose(
    source: &Source,
    found: Raw,
    request: CopyRequest<'_>,
) -> Result<(Raw, Vec<Raw>), CommandError> {
    let ManifestContent::Index(entries) = &found.content else {
        return Ok((found, Vec::new()));
    };
    let unread = |problem: RegistryError| unread(source, &problem);
    // What an index does not say of its images can only be found out from all of them.
    let says = entries.iter().any(|entry| entry.platform.is_some());
    let needed = (says && !request.all).then_some(request.needs);
    let Some(only) = request.only.or(needed) else {
        let mut children = Vec::new();
        let mut held = 0;
        for entry in entries {
            let child = source.manifest(&entry.digest).await.map_err(unread)?;
            if matches!(child.content, ManifestContent::Index(_)) {
                return Err(CommandError::error(format!(
                    "{} is an index of indexes",
                    source.name()
                ))
                .hint("name one of the images in it by its digest"));
            }
            held += child.text.len();
            if held > INDEX_LIMIT {
                let detail = format!("the images of {} have too many parts", source.name());
                return Err(CommandError::error(detail).hint("copy one of them: `--arch amd64`"));
            }
            children.push(child);
        }
        return Ok((found, children));
    };
    let chosen = entries.iter().find(|entry| {
        let platform = entry.platform.as_ref();
        platform.is_some_and(|platform| platform.os == "linux" && platform.architecture == only)
    });
    let Some(chosen) = chosen else {
        let there: Vec<String> = entries
            .iter()
            .filter_map(|entry| entry.platform.as_ref())
            .filter(|platform| platform.is_real())
            .map(Platform::name)
            .collect();
        return Err(match request.only {
            Some(only) => missing_platform(source, only, &there),
            None => unfit(source, &there, request),
        });
    };
    let image = source.manifest(&chosen.digest).await.map_err(unread)?;
    Ok((image, Vec::new()))
}

/// What the image runs on: as its index says, or its configuration.
async fn platforms(
    source: &Source,
    top: &Raw,
    children: &[Raw],
) -> Result<Vec<Platform>, CommandError> {
    #[derive(Deserialize)]
    struct Named {
        platform: Option<Platform>,
    }
    if let ManifestContent::Index(entries) = &top.content
        && entries.iter().all(|entry| entry.platform.is_some())
    {
        return Ok(entries
            .iter()
            .filter_map(|entry| entry.platform.clone())
            .filter(Platform::is_real)
            .collect());
    }
    let images = if children.is_empty() {
        std::slice::from_ref(top)
    } else {
        children
    };
    let mut all = Vec::new();
    for image in images {
        let ManifestContent::Image { config, .. } = &image.content else {
            continue;
        };
        let text: Bytes = source
            .config(config)
            .await
            .map_err(|problem| unread(source, &problem))?;
        let detail = serde_json::from_slice::<Platform>(&text)
            .ok()
            .or_else(|| serde_json::from_slice::<Named>(&text).ok()?.platform);
        all.extend(detail.filter(Platform::is_real));
    }
    Ok(all)
}

/// Refuses what the service cannot run: ECS would find out minutes later, and say less.
fn check_architecture(
    source: &Source,
    platforms: &[Platform],
    request: CopyRequest<'_>,
) -> Result<(), CommandError> {
    let has = |wanted: &str| {
        platforms
            .iter()
            .any(|platform| platform.os == "linux" && platform.architecture == wanted)
    };
    let there: Vec<String> = platforms.iter().map(Platform::name).collect();
    if let Some(only) = request.only
        && !has(only)
    {
        return Err(missing_platform(source, only, &there));
    }
    if has(request.needs) {
        return Ok(());
    }
    Err(unfit(source, &there, request))
}

fn unfit(source: &Source, there: &[String], request: CopyRequest<'_>) -> CommandError {
    CommandError::new(
        ErrorKind::Refused,
        format!(
            "{} runs on linux/{}, and {} is for {}",
            request.service,
            request.needs,
            source.name(),
            listed(there)
        ),
    )
    .hint("take an image of that architecture, or change `architecture` of the service in the file")
}

fn missing_platform(source: &Source, only: &str, there: &[String]) -> CommandError {
    CommandError::error(format!("{} has no image for linux/{only}", source.name()))
        .detail(format!("it is for {}", listed(there)))
}

fn listed(platforms: &[String]) -> String {
    if platforms.is_empty() {
        "no platform that it names".to_owned()
    } else {
        platforms.join(", ")
    }
}

/// Every blob once, the largest first: the copy takes as long as its longest chain.
fn blobs(top: &Raw, children: &[Raw]) -> Vec<Descriptor> {
    let mut all: Vec<Descriptor> = Vec::new();
    for image in std::iter::once(top).chain(children) {
        if let ManifestContent::Image { config, layers } = &image.content {
            all.extend(std::iter::once(config).chain(layers).cloned());
        }
    }
    all.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.digest.cmp(&b.digest)));
    all.dedup_by(|a, b| a.digest == b.digest);
    all
}

/// The tag names in the repository what was sent.
async fn arrived(target: &Target, top: &Raw, tag: &str) -> Result<(), CommandError> {
    let found = retried(|| target.remote.digest_of(tag))
        .await
        .map_err(|problem| unwritten(target, &problem))?;
    if found.as_ref() == Some(&top.digest) {
        return Ok(());
    }
    let found = found.unwrap_or_else(|| "nothing".to_owned());
    Err(
        CommandError::error(format!("`{tag}` was sent, and is not what was sent"))
            .detail(format!("sent:  {}", top.digest))
            .detail(format!("there: {found}"))
            .hint("somebody else pushes to this repository: look at it, then push again"),
    )
}

fn unread(source: &Source, problem: &RegistryError) -> CommandError {
    let name = source.name();
    match problem.kind {
        Kind::Absent => problem
            .stop(format!("{name} is not there"))
            .hint("check its name and tag"),
        Kind::Denied => problem.stop(format!("{name} cannot be read")).hint(
            "it does not exist or is not public: check the name, or sign in to its registry with `docker login`",
        ),
        Kind::Corrupt => problem.stop(format!("{name} is not what its digest says")),
        Kind::Passing => problem
            .stop(format!("{name} cannot be reached"))
            .hint("run it again; what is there already is not sent twice"),
        Kind::Final => problem.stop(format!("{name} cannot be copied")),
    }
}

fn unwritten(target: &Target, problem: &RegistryError) -> CommandError {
    let mut stop = problem.stop(format!("cannot push to {}", target.name));
    if problem.kind == Kind::Denied {
        // As for any request to AWS that is not permitted.
        stop.kind = ErrorKind::Unread;
    }
    match problem.kind {
        Kind::Denied => stop.hint(format!(
            "pushing needs ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart, \
             ecr:CompleteLayerUpload, ecr:PutImage and ecr:BatchGetImage on {}",
            target.arn
        )),
        Kind::Passing => stop.hint("run it again; what is there already is not sent twice"),
        Kind::Absent | Kind::Corrupt | Kind::Final => stop,
    }
}

fn broken(
    source: &Source,
    target: &Target,
    blob: &Descriptor,
    problem: &RegistryError,
) -> CommandError {
    let stop = match problem.kind {
        Kind::Denied => return unwritten(target, problem),
        Kind::Corrupt => problem.stop(format!(
            "a part of {} is not what its digest says; the image was not pushed",
            source.name()
        )),
        Kind::Absent | Kind::Passing | Kind::Final => problem.stop("the copy broke off"),
    };
    let stop = stop.detail(format!("at {} ({} bytes)", blob.digest, blob.size));
    if problem.kind == Kind::Passing {
        stop.hint("run it again; what is there already is not sent twice")
    } else {
        stop
    }
}
