//! The index of tags finds objects, and the service that has them says what they carry: for kinds whose
//! Describe calls answer no tags.

use std::future::Future;

use crate::aws::{Cloud, Tags};
use crate::engine::{Address, Fault};

use crate::resources::sdk::together;

/// An object that may be the stack's.
pub(super) struct Near<'d, L> {
    /// What was described of it.
    pub(super) live: L,
    /// The declared resource whose name it bears.
    pub(super) named: Option<&'d Address>,
    /// Its own tags.
    pub(super) tags: Tags,
}

/// Those of `all` that bear a declared name or that the index lists, with their own tags: one request each,
/// side by side, and none for those of others. What goes away meanwhile is not there.
///
/// # Errors
/// The first fault of `own` that is not the object's absence, or that of the index.
pub(super) async fn near<'d, L, F>(
    cloud: &Cloud,
    all: Vec<L>,
    named: impl Fn(&L) -> Option<&'d Address> + Send,
    arn: impl Fn(&L) -> &str + Send,
    own: impl Fn(String) -> F + Send,
) -> Result<Vec<Near<'d, L>>, Fault>
where
    L: Send,
    F: Future<Output = Result<Tags, Fault>> + Send,
{
    let index = cloud.tagged().await?;
    let mut near = Vec::new();
    for live in all {
        let named = named(&live);
        if named.is_some() || index.lists(arn(&live)) {
            let own = own(arn(&live).to_owned());
            near.push((live, named, own));
        }
    }
    let near = together(near.into_iter().map(|(live, named, own)| async move {
        match own.await {
            Ok(tags) => Ok(Some(Near { live, named, tags })),
            Err(fault) if fault.is_absent() => Ok(None),
            Err(fault) => Err(fault),
        }
    }))
    .await?;
    Ok(near.into_iter().flatten().collect())
}
