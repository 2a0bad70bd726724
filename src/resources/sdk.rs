//! What the kinds share towards the SDK: requests side by side, and values that it checks.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use aws_smithy_types::error::operation::BuildError;

use crate::aws::{Tags, tag_list};
use crate::engine::{Class, Fault};

/// The answers of requests that run side by side, in their order.
///
/// # Errors
/// The first fault; the other requests are dropped.
pub(super) async fn try_join_bounded<T, F>(
    requests: impl IntoIterator<Item = F> + Send,
) -> Result<Vec<T>, Fault>
where
    T: Send,
    F: Future<Output = Result<T, Fault>> + Send,
{
    let mut open: Vec<(Pin<Box<F>>, Option<T>)> = requests
        .into_iter()
        .map(|request| (Box::pin(request), None))
        .collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (request, answer) in open.iter_mut().filter(|(_, answer)| answer.is_none()) {
            match request.as_mut().poll(context) {
                Poll::Ready(Ok(value)) => *answer = Some(value),
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(fault)),
                Poll::Pending => waiting = true,
            }
        }
        if waiting {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    })
    .await?;
    Ok(open.into_iter().filter_map(|(_, answer)| answer).collect())
}

/// An adapter for `map_err`: a value for `operation` that lacks a field which its API model demands.
pub(super) fn build_error(operation: &'static str) -> impl Fn(BuildError) -> Fault {
    move |error| Fault::new(operation, Class::Other, error.to_string())
}

/// Texts without an order of their own in the one in which they are compared.
pub(super) fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

/// Tags in a service's own type, which checks what `build` makes of key and value.
///
/// # Errors
/// A tag that lacks a field, for `operation`; none of these does.
pub(super) fn built_tags<T>(
    operation: &'static str,
    tags: &Tags,
    build: impl Fn(&str, &str) -> Result<T, BuildError>,
) -> Result<Vec<T>, Fault> {
    let tags: Result<Vec<T>, BuildError> = tag_list(tags, build).into_iter().collect();
    tags.map_err(build_error(operation))
}

/// A number as most of the API models have it: signed.
pub(super) fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::try_join_bounded;
    use crate::engine::{Class, Fault};

    #[tokio::test(start_paused = true)]
    async fn requests_overlap_and_keep_their_order() {
        let begun = tokio::time::Instant::now();
        let answers = try_join_bounded((1..=3).map(|number| async move {
            tokio::time::sleep(std::time::Duration::from_secs(4 - number)).await;
            Ok(number)
        }))
        .await;
        assert_eq!(answers, Ok(vec![1, 2, 3]));
        assert_eq!(begun.elapsed().as_secs(), 3);
    }

    #[tokio::test]
    async fn the_first_fault_ends_it() {
        let answers: Result<Vec<()>, Fault> = try_join_bounded((0..2).map(|number| async move {
            if number == 1 {
                return Err(Fault::new("test", Class::Denied, "no"));
            }
            std::future::pending().await
        }))
        .await;
        assert_eq!(answers.map_err(|fault| fault.class), Err(Class::Denied));
    }
}
