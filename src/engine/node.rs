//! The object-safe face of [`Resource`]: the one place where types are erased and futures boxed.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{
    Address, Change, Changes, Claim, Class, Extra, Fault, Field, Found, Gone, Job, Pace, Piece,
    Ready, Replacement, ResolveContext, Resource, Ties, Verb, diff,
    diff::unknown,
    is_unknown,
    tag_keys::{keys_of, taken_out},
};
use crate::message::Message;

/// What AWS answered of one object, its type forgotten.
pub type AnyLive = Arc<dyn Any + Send + Sync>;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A declared resource, its type forgotten.
pub trait Node<C>: Send + Sync {
    /// Its address.
    fn address(&self) -> &Address;
    /// Its kind.
    fn kind(&self) -> &dyn AnyKind<C>;
    /// [`Resource::desired`], as JSON.
    fn desired(&self, seen: &ResolveContext<'_>) -> Value;
    /// [`Resource::create`].
    fn create<'a>(
        &'a self,
        job: &'a Job<C>,
        seen: ResolveContext<'_>,
    ) -> BoxFuture<'a, Result<AnyLive, Fault>>;
    /// Compares again and calls [`Resource::update`] if something differs, or if its tags must be
    /// written again (`retag`), or what others added shall go (`remove_extras`); `None` when there is
    /// nothing to do. What is applied is noted unless it is what its tags, the `claim`, say already.
    fn update<'a>(
        &'a self,
        job: &'a Job<C>,
        live: AnyLive,
        seen: ResolveContext<'_>,
        claim: Option<&Claim>,
        retag: bool,
        remove_extras: bool,
    ) -> BoxFuture<'a, Result<Option<AnyLive>, Fault>>;
    /// Writes our tags on an object that is there, and changes nothing else of it.
    fn adopt<'a>(&'a self, job: &'a Job<C>, live: AnyLive)
    -> BoxFuture<'a, Result<AnyLive, Fault>>;
    /// [`Resource::pending`].
    fn pending(&self, live: &AnyLive, changes: &Changes) -> Option<AnyLive>;
    /// [`Resource::refusals`].
    fn refusals(&self, live: &AnyLive, changes: &Changes) -> Vec<String>;
    /// [`Resource::remarks`].
    fn remarks(&self, live: &AnyLive) -> Vec<String>;
    /// The declaration itself.
    fn declaration(&self) -> &(dyn Any + Send + Sync);
    /// The same, for the work on its object.
    fn shared(&self) -> Arc<dyn Any + Send + Sync>;
    /// [`Resource::made_with`].
    fn made_with(&self) -> Vec<Address>;
    /// [`Resource::has_version_of`].
    fn has_version_of(&self, other: &Address, path: &str) -> bool;
}

/// A kind of resource, its type forgotten.
pub trait AnyKind<C>: Send + Sync {
    /// [`Resource::KIND`].
    fn name(&self) -> &'static str;
    /// [`Resource::DATA`].
    fn holds_data(&self) -> bool;
    /// [`Resource::IS_REVISION`].
    fn is_revision(&self) -> bool;
    /// [`Resource::HEADLINE`].
    fn headline(&self) -> &'static [Field];
    /// [`Resource::GOES_LAST`].
    fn goes_last(&self) -> bool;
    /// [`Resource::REPLACEMENT`].
    fn replacement(&self) -> Replacement;
    /// [`Resource::PACE`].
    fn pace(&self) -> Pace;
    /// [`Resource::pace`].
    fn pace_of(&self, live: &AnyLive) -> Pace;
    /// [`Resource::takes`].
    fn takes(
        &self,
        verb: Verb,
        declared: Option<&dyn Node<C>>,
        live: Option<&AnyLive>,
        changes: &Changes,
    ) -> Duration;
    /// [`Resource::props`], as JSON.
    fn props(&self, live: &AnyLive) -> Value;
    /// Whether `path` is one of [`Resource::FOLLOWS`].
    fn follows(&self, path: &str) -> bool;
    /// [`Resource::notes`].
    fn notes(&self, live: &AnyLive) -> Vec<Message>;
    /// [`Resource::extras`].
    fn extras(&self, live: &AnyLive) -> Vec<Extra>;
    /// [`Resource::named`].
    fn named(
        &self,
        cloud: &C,
        address: &Address,
        declared: Option<&dyn Node<C>>,
        live: &AnyLive,
    ) -> Option<bool>;
    /// [`Resource::ties`].
    fn ties(&self, live: &AnyLive) -> Ties;
    /// The difference by this kind's rules.
    fn diff(&self, want: &Value, have: &Value) -> Changes;
    /// [`Resource::list`].
    fn list<'a>(
        &'a self,
        cloud: &'a C,
        declared: &'a [&'a dyn Node<C>],
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>, Fault>>;
    /// [`Resource::delete`].
    fn delete<'a>(&'a self, job: &'a Job<C>, live: AnyLive) -> BoxFuture<'a, Result<(), Fault>>;
    /// [`Resource::ready`].
    fn ready<'a>(
        &'a self,
        job: &'a Job<C>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<Ready<AnyLive>, Fault>>;
    /// [`Resource::gone`].
    fn gone<'a>(&'a self, job: &'a Job<C>, live: AnyLive) -> BoxFuture<'a, Result<Gone, Fault>>;
}

/// A kind, as a value.
pub struct KindOf<R>(PhantomData<fn() -> R>);

impl<R> KindOf<R> {
    /// The kind `R`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R> Default for KindOf<R> {
    fn default() -> Self {
        Self::new()
    }
}

pub(super) struct Declared<R> {
    address: Address,
    declaration: Arc<R>,
    kind: KindOf<R>,
}

impl<R> Declared<R> {
    pub(super) fn new(address: Address, declaration: R) -> Self {
        Self {
            address,
            declaration: Arc::new(declaration),
            kind: KindOf::new(),
        }
    }
}

fn typed<R: Resource>(live: &AnyLive) -> Result<&R::Live, Fault> {
    live.downcast_ref().ok_or_else(|| {
        Fault::new(
            R::KIND,
            Class::Other,
            "what was read is of another kind: a mistake in ajuda",
        )
    })
}

/// Nothing may be sent while an output it needs is unknown.
fn checked<P: serde::Serialize>(address: &Address, want: P) -> Result<(P, Value), Fault> {
    let json = json(&want);
    if is_unknown(&json) {
        return Err(Fault::new(
            address.to_string(),
            Class::Other,
            "something it needs was not found after it was made: a mistake in ajuda",
        ));
    }
    Ok((want, json))
}

fn json(props: &impl serde::Serialize) -> Value {
    // Properties are plain data with text keys, which always have a JSON form.
    serde_json::to_value(props).unwrap_or(Value::Null)
}

impl<R: Resource> Node<R::Cloud> for Declared<R> {
    fn address(&self) -> &Address {
        &self.address
    }

    fn kind(&self) -> &dyn AnyKind<R::Cloud> {
        &self.kind
    }

    fn desired(&self, seen: &ResolveContext<'_>) -> Value {
        json(&self.declaration.desired(seen))
    }

    fn create<'a>(
        &'a self,
        job: &'a Job<R::Cloud>,
        seen: ResolveContext<'_>,
    ) -> BoxFuture<'a, Result<AnyLive, Fault>> {
        let want = checked(&self.address, self.declaration.desired(&seen));
        Box::pin(async move {
            let (want, json) = want?;
            job.apply(&json);
            job.sets_tags(&json);
            let live = self.declaration.create(job, &want).await?;
            Ok(Arc::new(live) as AnyLive)
        })
    }

    fn update<'a>(
        &'a self,
        job: &'a Job<R::Cloud>,
        live: AnyLive,
        seen: ResolveContext<'_>,
        claim: Option<&Claim>,
        retag: bool,
        remove_extras: bool,
    ) -> BoxFuture<'a, Result<Option<AnyLive>, Fault>> {
        let want = checked(&self.address, self.declaration.desired(&seen));
        let claim = claim.cloned();
        Box::pin(async move {
            let (want, json) = want?;
            let have = self.kind.props(&live);
            let mut changes = self.kind.diff(&json, &have);
            let keys = claim.as_ref().and_then(|claim| claim.tag_keys.as_ref());
            let taken = taken_out(&json, &have, keys);
            job.takes_out(keys_of(&taken));
            changes.fields.extend(taken);
            let extras = self.kind.extras(&live);
            if remove_extras && !extras.is_empty() {
                changes.fields.push(Change::of_extras(&extras));
            }
            if changes.is_empty() && !retag {
                return Ok(None);
            }
            job.apply(&json);
            job.sets_tags(&json);
            let noted = claim.as_ref().and_then(|claim| claim.applied.as_ref());
            if retag || noted != job.applied() || keys != job.tag_keys() {
                changes.ownership = true;
            }
            let live = typed::<R>(&live)?;
            let after = self.declaration.update(job, live, &want, &changes).await?;
            Ok(Some(Arc::new(after) as AnyLive))
        })
    }

    fn adopt<'a>(
        &'a self,
        job: &'a Job<R::Cloud>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<AnyLive, Fault>> {
        Box::pin(async move {
            let live = typed::<R>(&live)?;
            let have = R::props(live);
            job.apply(&json(&have));
            let changes = Changes::of_ownership();
            let after = self.declaration.update(job, live, &have, &changes).await?;
            Ok(Arc::new(after) as AnyLive)
        })
    }

    fn pending(&self, live: &AnyLive, changes: &Changes) -> Option<AnyLive> {
        let live = typed::<R>(live).ok()?;
        let pending = self
            .declaration
            .pending(live, changes, &unknown(&self.address))?;
        Some(Arc::new(pending))
    }

    fn refusals(&self, live: &AnyLive, changes: &Changes) -> Vec<String> {
        typed::<R>(live).map_or_else(
            |_| Vec::new(),
            |live| self.declaration.refusals(live, changes),
        )
    }

    fn remarks(&self, live: &AnyLive) -> Vec<String> {
        typed::<R>(live).map_or_else(|_| Vec::new(), |live| self.declaration.remarks(live))
    }

    fn declaration(&self) -> &(dyn Any + Send + Sync) {
        self.declaration.as_ref()
    }

    fn shared(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.declaration) as Arc<dyn Any + Send + Sync>
    }

    fn made_with(&self) -> Vec<Address> {
        self.declaration.made_with()
    }

    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        self.declaration.has_version_of(other, path)
    }
}

impl<R: Resource> AnyKind<R::Cloud> for KindOf<R> {
    fn name(&self) -> &'static str {
        R::KIND
    }

    fn holds_data(&self) -> bool {
        R::DATA
    }

    fn is_revision(&self) -> bool {
        R::IS_REVISION
    }

    fn headline(&self) -> &'static [Field] {
        R::HEADLINE
    }

    fn goes_last(&self) -> bool {
        R::GOES_LAST
    }

    fn replacement(&self) -> Replacement {
        R::REPLACEMENT
    }

    fn pace(&self) -> Pace {
        R::PACE
    }

    fn props(&self, live: &AnyLive) -> Value {
        typed::<R>(live).map_or(Value::Null, |live| json(&R::props(live)))
    }

    fn pace_of(&self, live: &AnyLive) -> Pace {
        typed::<R>(live).map_or(R::PACE, R::pace)
    }

    fn takes(
        &self,
        verb: Verb,
        declared: Option<&dyn Node<R::Cloud>>,
        live: Option<&AnyLive>,
        changes: &Changes,
    ) -> Duration {
        R::takes(&Piece {
            verb,
            declared: declared.and_then(|node| node.declaration().downcast_ref()),
            live: live.and_then(|live| typed::<R>(live).ok()),
            changes,
        })
    }

    fn follows(&self, path: &str) -> bool {
        R::FOLLOWS.iter().any(|field| field.covers(path))
    }

    fn notes(&self, live: &AnyLive) -> Vec<Message> {
        typed::<R>(live).map_or_else(|_| Vec::new(), R::notes)
    }

    fn extras(&self, live: &AnyLive) -> Vec<Extra> {
        typed::<R>(live).map_or_else(|_| Vec::new(), R::extras)
    }

    fn named(
        &self,
        cloud: &R::Cloud,
        address: &Address,
        declared: Option<&dyn Node<R::Cloud>>,
        live: &AnyLive,
    ) -> Option<bool> {
        let declared = declared.and_then(|node| node.declaration().downcast_ref());
        // What was read as another kind than it is has no name that counts.
        typed::<R>(live).map_or(Some(false), |live| R::named(cloud, address, declared, live))
    }

    fn ties(&self, live: &AnyLive) -> Ties {
        typed::<R>(live).map_or_else(|_| Ties::default(), R::ties)
    }

    fn diff(&self, want: &Value, have: &Value) -> Changes {
        diff(want, have, R::effect, R::sensitive)
    }

    fn list<'a>(
        &'a self,
        cloud: &'a R::Cloud,
        declared: &'a [&'a dyn Node<R::Cloud>],
    ) -> BoxFuture<'a, Result<Vec<Found<AnyLive>>, Fault>> {
        Box::pin(async move {
            let declared: Vec<(&Address, &R)> = declared
                .iter()
                .filter_map(|node| Some((node.address(), node.declaration().downcast_ref()?)))
                .collect();
            let found = R::list(cloud, &declared).await?;
            Ok(found
                .into_iter()
                .map(|found| Found {
                    owner: found.owner,
                    id: found.id,
                    live: Arc::new(found.live) as AnyLive,
                })
                .collect())
        })
    }

    fn delete<'a>(
        &'a self,
        job: &'a Job<R::Cloud>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { R::delete(job, typed::<R>(&live)?).await })
    }

    fn ready<'a>(
        &'a self,
        job: &'a Job<R::Cloud>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<Ready<AnyLive>, Fault>> {
        Box::pin(async move {
            Ok(match R::ready(job, typed::<R>(&live)?).await? {
                Ready::Yes(live) => Ready::Yes(Arc::new(live) as AnyLive),
                Ready::NotYet(doing) => Ready::NotYet(doing),
            })
        })
    }

    fn gone<'a>(
        &'a self,
        job: &'a Job<R::Cloud>,
        live: AnyLive,
    ) -> BoxFuture<'a, Result<Gone, Fault>> {
        Box::pin(async move { R::gone(job, typed::<R>(&live)?).await })
    }
}
