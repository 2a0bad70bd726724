//! The index of tags finds objects, and the service that has them says what they carry: for kinds whose
//! Describe calls answer no tags.

use std::future::Future;

use crate::aws::{Cloud, Tags};
use crate::engine::{Address, Fault, Found, Resource};

use crate::resources::live::Named;
use crate::resources::ownership::declared_as;
use crate::resources::sdk::try_join_bounded;

/// An object that may be the stack's.
pub(super) struct Candidate<'d, L> {
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
pub(super) async fn candidates<'d, L, F>(
    cloud: &Cloud,
    all: Vec<L>,
    named: impl Fn(&L) -> Option<&'d Address> + Send,
    arn: impl Fn(&L) -> &str + Send,
    own: impl Fn(String) -> F + Send,
) -> Result<Vec<Candidate<'d, L>>, Fault>
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
    let near = try_join_bounded(near.into_iter().map(|(live, named, own)| async move {
        match own.await {
            Ok(tags) => Ok(Some(Candidate { live, named, tags })),
            Err(fault) if fault.is_absent() => Ok(None),
            Err(fault) => Err(fault),
        }
    }))
    .await?;
    Ok(near.into_iter().flatten().collect())
}

/// What of the objects that `read` answers is the stack's or bears a declared name, by `bears`, with the tags that
/// `own` reads by ARN. Nothing is asked where neither the file nor the account has any of the kind.
///
/// # Errors
/// The first fault of a request.
pub(super) async fn list_named<R, P, F>(
    cloud: &Cloud,
    declared: &[(&Address, &R)],
    read: impl Future<Output = Result<Vec<Named<P>>, Fault>> + Send,
    bears: impl Fn(&R, &str) -> bool + Send + Sync,
    own: impl Fn(String) -> F + Send,
) -> Result<Vec<Found<Named<P>>>, Fault>
where
    R: Resource<Cloud = Cloud, Live = Named<P>>,
    P: Send,
    F: Future<Output = Result<Tags, Fault>> + Send,
{
    if declared.is_empty() && !cloud.has_tagged(R::KIND).await? {
        return Ok(Vec::new());
    }
    let (_, all) = tokio::try_join!(cloud.tagged(), read)?;
    let named = |live: &Named<P>| declared_as(declared, |one| bears(one, &live.name));
    let near = candidates(cloud, all, named, |live| &live.arn, own).await?;
    let found = near
        .into_iter()
        .filter_map(|Candidate { live, named, tags }| {
            Some(Found {
                owner: cloud.owner(&tags, named)?,
                id: live.name.clone(),
                live: Named { tags, ..live },
            })
        });
    Ok(found.collect())
}
