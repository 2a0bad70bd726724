//! Whether the models of a stack are offered, and until when. Pure.

use super::{Catalogue, Model, ModelProblem, ModelWarning, catalogue::by_form};
use crate::aws::timestamp::Timestamp;
use crate::presets::bedrock_models::Use;
use crate::presets::known_models::{LOOKED_UP, default_chat, known};
use crate::stack::nearest;

/// How long before its end a model that is not called legacy is warned of: models that were launched from
/// 2026-09-07 on may be legacy for 45 days only ("Model lifecycle" in the Bedrock user guide).
const SOON_DAYS: i64 = 90;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What an operator should know of the models that are used in `region` at `now`. Without a catalogue of
/// AWS's only what was known when [`LOOKED_UP`] says.
pub fn lifecycle(
    used: &[Use],
    catalogue: Option<&Catalogue>,
    region: &str,
    now: Timestamp,
) -> Vec<ModelWarning> {
    let of = |one: &Use| match catalogue {
        Some(catalogue) => offered(one, catalogue, region, now),
        None => by_form(&one.id)
            .and_then(|model| gone(one, model))
            .map(|warning| advised(one, warning, region)),
    };
    used.iter().filter_map(of).collect()
}

fn offered(one: &Use, catalogue: &Catalogue, region: &str, now: Timestamp) -> Option<ModelWarning> {
    let Some(id) = catalogue.foundation(&one.id) else {
        return Some(unknown(one, catalogue, region));
    };
    let Some(model) = catalogue.models.get(id) else {
        // a profile is offered whose model is not listed: nothing is known of its end
        return None;
    };
    let warning = ending(one, model, now).map(|warning| advised(one, warning, region));
    warning.or_else(|| {
        let itself = id == one.id && !model.on_demand;
        itself.then(|| profile_only(one, catalogue, id))
    })
}

fn ending(one: &Use, model: &Model, now: Timestamp) -> Option<ModelWarning> {
    if let Some(ends) = model.ends
        && ends <= now
    {
        let day = day(ends);
        let rest = format!("which reached its end of life on {day}: every request for it fails");
        return Some(ModelWarning::new(one, ModelProblem::Ended, rest).ends(day));
    }
    if model.legacy {
        let since = match model.legacy_from {
            Some(from) => format!(" since {}", day(from)),
            None => String::new(),
        };
        let until = match model.ends {
            Some(ends) => format!(" and ends on {}", day(ends)),
            None => String::new(),
        };
        let rest = format!(
            "which is legacy{since}{until}: accounts that have not used it lately are refused"
        );
        let warning = ModelWarning::new(one, ModelProblem::Legacy, rest);
        return Some(match model.ends {
            Some(ends) => warning.ends(day(ends)),
            None => warning,
        });
    }
    let soon = |ends: &Timestamp| ends.millis() - now.millis() <= SOON_DAYS * DAY_MILLIS;
    let ends = day(model.ends.filter(soon)?);
    let rest = format!("which reaches its end of life on {ends}");
    Some(ModelWarning::new(one, ModelProblem::EndsSoon, rest).ends(ends))
}

fn profile_only(one: &Use, catalogue: &Catalogue, model: &str) -> ModelWarning {
    let rest = "which Bedrock answers by inference profile only";
    let warning = ModelWarning::new(one, ModelProblem::ProfileOnly, rest);
    let profiles = catalogue.profiles_of(model);
    match profiles.first() {
        Some(_) => warning.hint(format!("write `{}`", profiles.join("` or `"))),
        None => warning.hint("it has none in this region; name another model"),
    }
}

fn unknown(one: &Use, catalogue: &Catalogue, region: &str) -> ModelWarning {
    let model = by_form(&one.id);
    if let Some(gone) = model.and_then(|model| gone(one, model)) {
        return advised(one, gone, region);
    }
    let rest = format!("which Bedrock does not offer in {region}");
    let warning = ModelWarning::new(one, ModelProblem::Unknown, rest);
    let others = model.map_or_else(Vec::new, |model| {
        let bare = catalogue.models.get_key_value(model);
        let bare = bare.filter(|(_, model)| model.on_demand);
        let bare = bare.map(|(id, _)| id.as_str());
        let profiles = catalogue.profiles_of(model);
        profiles.into_iter().chain(bare).collect()
    });
    if !others.is_empty() {
        return warning.hint(format!("here it is `{}`", others.join("` or `")));
    }
    let all = catalogue.models.keys().chain(catalogue.profiles.keys());
    match nearest(&one.id, all.map(String::as_str)) {
        Some(near) => warning.hint(format!("did you mean `{near}`?")),
        None => advised(one, warning, region),
    }
}

/// A model that was known to end before the table was looked up.
fn gone(one: &Use, model: &str) -> Option<ModelWarning> {
    let ends = known(model)?.ends.filter(|ends| *ends <= LOOKED_UP)?;
    let rest = format!("which reached its end of life on {ends}: every request for it fails");
    Some(ModelWarning::new(one, ModelProblem::Ended, rest).ends(ends))
}

/// The same with what to name instead.
fn advised(one: &Use, warning: ModelWarning, region: &str) -> ModelWarning {
    if one.key == Some("models.embedding") {
        return warning.hint(
            "another embedding model means that every document is embedded anew: docs/models.md",
        );
    }
    let instead = default_chat(Some(region));
    if by_form(instead) == by_form(&one.id) {
        return warning.hint("docs/models.md says how to find one that is offered");
    }
    warning.hint(format!(
        "name one that is offered, such as `{instead}`; docs/models.md says how to find others"
    ))
}

/// `2026-10-14`, UTC.
fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests;
