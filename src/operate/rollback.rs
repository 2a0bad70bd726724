//! `rollback`: the last revision that ran well, and the database as it was before the one that did not.

use serde_json::json;

use super::change::{Change, Database, To, Way};
use super::differences::field;
use super::history::history;
use super::marks;
use super::standing::{Standing, image_of, spoken_image};
use crate::aws::{Cloud, STACK_TAG};
use crate::engine::Fault;
use crate::exit::Stop;
use crate::resources::ecs::family;
use crate::resources::task_definition::{Revision, revision, said};

/// Where to go back to.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The number of a revision; `None`: the last one that ran well.
    pub to: Option<i32>,
    /// The ARN of the revision that an interrupted run was going back to.
    pub begun: Option<String>,
    /// Whether the database goes back, too.
    pub restore: bool,
    /// To this snapshot; `None`: the one that was taken before what runs.
    pub snapshot: Option<String>,
}

/// How many deployments are looked through for a good one.
const LOOKED_THROUGH: usize = 100;

/// Decides what is to be done so that a service is as it was.
///
/// # Errors
/// When there is nothing to go back to, or what is wished for is not there.
pub async fn decide(cloud: &Cloud, standing: Standing, wish: &Wish) -> Result<Change, Stop> {
    let cannot = |fault: Fault| Stop::fault("cannot read what ran before", &fault);
    let own = family(standing.revision.arn());
    let begun = wish.begun.as_ref().filter(|begun| family(begun) == own);
    let arn = match (wish.to, begun) {
        (Some(number), _) => format!("{own}:{number}"),
        (None, Some(begun)) => begun.clone(),
        (None, None) => last_good(cloud, &standing).await?,
    };
    let old = said(cloud, &arn).await.map_err(cannot)?;
    let Some(old) = old.filter(|old| old.tags.get(STACK_TAG) == Some(&cloud.place.stack)) else {
        return Err(Stop::error(format!(
            "{} has no revision {}",
            standing.name(),
            revision(&arn)
        ))
        .hint("`ajuda deploy history` shows those that there are"));
    };
    if old
        .definition
        .status()
        .is_some_and(|status| status.as_str() != "ACTIVE")
    {
        return Err(Stop::error(format!(
            "revision {} of {} is out of use, and ECS starts no task of it",
            revision(&arn),
            standing.name()
        ))
        .hint("`ajuda deploy update --image TAG` runs its image again"));
    }
    let name = standing.name().to_owned();
    let other_image = image_of(&old, &name) != standing.image();
    let unfinished = standing.left_behind().is_some();
    let migrates = standing.migrates() && (other_image || unfinished || wish.restore);
    let mut warnings = Vec::new();
    let database = if wish.restore {
        restored(&standing, wish)?
    } else {
        if migrates && other_image {
            warnings.push(between(&standing, &old));
        }
        Database::Kept
    };
    if let Database::Restored { name } = &database {
        warnings.push(format!(
            "what was written to the database since the snapshot {name} is not in it any more; \
             the database as it is stays beside it under another name"
        ));
    }
    let written = standing.declared.image.tag.as_deref();
    if other_image && let Some(written) = written {
        warnings.push(format!(
            "the file says `{written}`: the next `up` brings that back, unless you change service.{name}.image"
        ));
    }
    let fields = fields(&standing, &old);
    let count = standing.count().max(1);
    Ok(Change {
        to: if old.arn() == standing.revision.arn() {
            To::Same
        } else {
            To::Old(Box::new(old))
        },
        restart: false,
        back: true,
        count,
        way: if migrates {
            Way::Migrating(database)
        } else {
            Way::Rolling
        },
        fields,
        warnings,
        standing,
    })
}

/// The ARN of the newest revision that ran well and is not the one that is to run now.
async fn last_good(cloud: &Cloud, standing: &Standing) -> Result<String, Stop> {
    let cannot = |fault: Fault| Stop::fault("cannot read what ran before", &fault);
    // An upgrade that did not end knows what it came from.
    if let Some(from) = standing
        .left_behind()
        .and_then(|of| of.tags.get(marks::FROM))
    {
        return Ok(from.clone());
    }
    let all = history(cloud, standing, LOOKED_THROUGH)
        .await
        .map_err(cannot)?;
    let good = all
        .deployments
        .into_iter()
        .find(|one| one.is_good() && one.task_definition != standing.revision.arn());
    match good {
        Some(good) => Ok(good.task_definition),
        None => Err(Stop::error(format!(
            "{} has never run anything else, as far as ECS remembers",
            standing.name()
        ))
        .hint("`ajuda deploy history` shows what it remembers; `--to N` names a revision")),
    }
}

/// What an operator must know when another version of the program meets the same database.
fn between(standing: &Standing, old: &Revision) -> String {
    let name = standing.name();
    let snapshot = standing.left_behind().unwrap_or(&standing.revision);
    let way = match snapshot.tags.get(marks::SNAPSHOT) {
        Some(taken) => {
            format!("`--restore-snapshot` brings the database back, too, as it was in {taken}")
        }
        None => "no snapshot was taken before it".to_owned(),
    };
    format!(
        "{} may have migrated the database, and {} may not start on it; {way}",
        spoken_image(&standing.revision, name),
        spoken_image(old, name),
    )
}

fn restored(standing: &Standing, wish: &Wish) -> Result<Database, Stop> {
    let running = standing.left_behind().unwrap_or(&standing.revision);
    let named = wish.snapshot.as_ref().or(running.tags.get(marks::SNAPSHOT));
    let Some(name) = named.cloned() else {
        return Err(Stop::error(format!(
            "no snapshot was taken before revision {}",
            revision(running.arn())
        ))
        .hint(
            "name one: `--restore-snapshot NAME`; `ajuda deploy db backups` shows those that there are",
        ));
    };
    Ok(Database::Restored { name })
}

fn fields(standing: &Standing, old: &Revision) -> Vec<crate::engine::Change> {
    let name = standing.name();
    let mut fields = Vec::new();
    let (now, then) = (standing.number(), revision(old.arn()));
    if now != then {
        fields.push(field("revision", json!(now), json!(then), false));
    }
    let (is, was) = (
        spoken_image(&standing.revision, name),
        spoken_image(old, name),
    );
    if is != was {
        fields.push(field("image", json!(is), json!(was), false));
    }
    fields
}
