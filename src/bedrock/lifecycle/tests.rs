//! What is said of a model, by what AWS tells of it and the day.

use super::*;
use crate::message::StackOptions;
use crate::presets::known_models::KNOWN_MODELS;

const DAY: i64 = DAY_MILLIS;
const REGION: &str = "us-east-1";

fn chat(id: &str) -> Use {
    Use {
        id: id.to_owned(),
        key: Some("models.chat"),
    }
}

/// 2026-11-28.
fn today() -> Timestamp {
    Timestamp::of_millis(1_795_824_000_000)
}

fn catalogue(model: &Model) -> Catalogue {
    let id = "anthropic.claude-sonnet-4-6".to_owned();
    let profile = |prefix: &str| (format!("{prefix}.{id}"), id.clone());
    Catalogue {
        models: [(id.clone(), model.clone())].into(),
        profiles: ["global", "us"].map(profile).into(),
    }
}

fn of(id: &str, model: &Model) -> Option<ModelWarning> {
    lifecycle(&[chat(id)], Some(&catalogue(model)), REGION, today()).pop()
}

fn problem_of(id: &str, model: &Model) -> (ModelProblem, String, String) {
    let warning = of(id, model).unwrap_or_else(|| panic!("{id} is warned of"));
    let hint = warning.hint.unwrap_or_default();
    let hint = hint.at(&StackOptions::default());
    (warning.problem, warning.message, hint)
}

#[test]
fn a_model_that_lives_is_not_warned_of() {
    let far = Timestamp::of_millis(today().millis() + (SOON_DAYS + 1) * DAY);
    for ends in [None, Some(far)] {
        let model = Model {
            ends,
            ..Model::default()
        };
        assert_eq!(of("us.anthropic.claude-sonnet-4-6", &model), None);
    }
}

#[test]
fn legacy_ending_and_ended_models_are_told_with_their_dates() {
    let before = Timestamp::of_millis(today().millis() - 30 * DAY);
    let after = Timestamp::of_millis(today().millis() + 30 * DAY);
    let id = "us.anthropic.claude-sonnet-4-6";
    let model = |legacy: bool, ends| Model {
        legacy,
        legacy_from: legacy.then_some(before),
        ends,
        on_demand: true,
    };
    for (model, problem, words, ends) in [
        (
            model(true, Some(after)),
            ModelProblem::Legacy,
            "legacy since 2026-10-29 and ends on 2026-12-28",
            Some("2026-12-28"),
        ),
        (
            model(true, None),
            ModelProblem::Legacy,
            "legacy since 2026-10-29:",
            None,
        ),
        (
            model(true, Some(before)),
            ModelProblem::Ended,
            "reached its end of life on 2026-10-29",
            Some("2026-10-29"),
        ),
        (
            model(false, Some(today())),
            ModelProblem::Ended,
            "on 2026-11-28: every request for it fails",
            Some("2026-11-28"),
        ),
        (
            model(false, Some(after)),
            ModelProblem::EndsSoon,
            "reaches its end of life on 2026-12-28",
            Some("2026-12-28"),
        ),
    ] {
        let warning = of(id, &model).unwrap_or_else(|| panic!("{words}"));
        assert_eq!((warning.problem, warning.ends.as_deref()), (problem, ends));
        assert!(warning.message.contains(words), "{}", warning.message);
        let hint = warning.hint.unwrap_or_default();
        let hint = hint.at(&StackOptions::default());
        assert!(hint.contains("us.amazon.nova-2-lite-v1:0"), "{hint}");
    }
}

#[test]
fn what_is_not_offered_is_told_with_what_is_near() {
    let model = Model::default();
    let (problem, message, hint) = problem_of("eu.anthropic.claude-sonnet-4-6", &model);
    assert_eq!(problem, ModelProblem::Unknown);
    assert!(message.contains("does not offer in us-east-1"), "{message}");
    assert_eq!(
        hint,
        "here it is `global.anthropic.claude-sonnet-4-6` or `us.anthropic.claude-sonnet-4-6`"
    );
    let (_, _, hint) = problem_of("us.anthropic.claude-sonet-4-6", &model);
    assert_eq!(hint, "did you mean `us.anthropic.claude-sonnet-4-6`?");
    let (problem, _, hint) = problem_of("anthropic.claude-sonnet-4-6", &model);
    assert_eq!(problem, ModelProblem::ProfileOnly);
    assert!(
        hint.ends_with("or `us.anthropic.claude-sonnet-4-6`"),
        "{hint}"
    );
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    assert_eq!(problem_of(arn, &model).0, ModelProblem::Unknown);
}

/// AWS may list a model no longer, or not be asked.
#[test]
fn what_ended_before_the_table_was_looked_up_is_told_as_that() {
    let old = KNOWN_MODELS
        .iter()
        .find(|model| model.ends.is_some_and(|ends| ends <= LOOKED_UP))
        .map(|model| format!("us.{}", model.id))
        .unwrap_or_default();
    assert_eq!(problem_of(&old, &Model::default()).0, ModelProblem::Ended);
    let unasked = lifecycle(&[chat(&old)], None, REGION, today());
    assert_eq!(unasked.len(), 1, "{unasked:?}");
    let alive = chat("us.anthropic.claude-sonnet-4-6");
    assert_eq!(lifecycle(&[alive], None, REGION, today()), []);
}

#[test]
fn another_embedding_model_is_not_advised_lightly() {
    let ended = Model {
        ends: Some(Timestamp::of_millis(0)),
        ..Model::default()
    };
    let embedding = Use {
        key: Some("models.embedding"),
        ..chat("anthropic.claude-sonnet-4-6")
    };
    let warnings = lifecycle(&[embedding], Some(&catalogue(&ended)), REGION, today());
    let hint = warnings[0].hint.clone().unwrap_or_default();
    let hint = hint.at(&StackOptions::default());
    assert!(hint.contains("embedded anew"), "{hint}");
}
