//! What came of a run, and what is said around it.

use serde::Serialize;

use super::event::{FaultDocument, fault};
use crate::bedrock::{ModelProblem, ModelWarning, Offer, Price};
use crate::command_error::CommandError;
use crate::engine::{Address, Report, Summary, Verb};
use crate::exit::Exit;
use crate::images::CopyResult;
use crate::message::StackOptions;
use crate::stack::Stack;

#[derive(Serialize)]
struct ReportLine<'a> {
    event: &'static str,
    exit_code: u8,
    done: Vec<DoneDocument<'a>>,
    failed: Vec<FailedDocument<'a>>,
    skipped: Vec<SkippedDocument<'a>>,
    interrupted: bool,
    /// How many were done of each, counted as a plan counts them.
    summary: Summary,
}

#[derive(Serialize)]
struct DoneDocument<'a> {
    address: &'a Address,
    verb: Verb,
}

#[derive(Serialize)]
struct FailedDocument<'a> {
    address: &'a Address,
    verb: Verb,
    fault: FaultDocument<'a>,
}

#[derive(Serialize)]
struct SkippedDocument<'a> {
    address: &'a Address,
    verb: Verb,
    because: Option<&'a Address>,
}

/// The last line of a run: what was done, what failed, what was not begun. Hints are about the stack that `place` names.
pub fn report<'a>(
    report: &'a Report,
    exit: Exit,
    place: &StackOptions,
) -> impl Serialize + use<'a> {
    let done = report.done.iter();
    let done = done.map(|&(ref address, verb)| DoneDocument { address, verb });
    let failed = report.failed.iter();
    let failed = failed.map(|&(ref address, verb, ref why)| FailedDocument {
        address,
        verb,
        fault: fault(why, place),
    });
    let skipped = report.skipped.iter();
    let skipped = skipped.map(|&(ref address, verb, ref because)| SkippedDocument {
        address,
        verb,
        because: because.as_ref(),
    });
    ReportLine {
        event: "report",
        exit_code: exit as u8,
        done: done.collect(),
        failed: failed.collect(),
        skipped: skipped.collect(),
        interrupted: report.interrupted,
        summary: report.counts(),
    }
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    event: &'static str,
    error: &'a str,
    details: Vec<String>,
    hint: Option<String>,
    exit_code: u8,
}

/// Why a command ended before its work; hints are about the stack that `place` names.
pub fn error<'a>(stop: &'a CommandError, place: &StackOptions) -> impl Serialize + use<'a> {
    ErrorLine {
        event: "error",
        error: &stop.message,
        details: stop.details.iter().map(|line| line.at(place)).collect(),
        hint: stop.hint.as_ref().map(|hint| hint.at(place)),
        exit_code: Exit::from(stop.kind) as u8,
    }
}

/// What the file gives up, or another thing to know that stops nothing.
#[derive(Debug, Serialize)]
pub struct Warning<'a> {
    event: &'static str,
    message: &'a str,
}

/// A warning.
pub fn warning(message: &str) -> Warning<'_> {
    Warning {
        event: "warning",
        message,
    }
}

#[derive(Serialize)]
struct ModelsLine<T> {
    event: &'static str,
    models: T,
}

#[derive(Serialize)]
struct OfferDocument<'a> {
    model: &'a str,
    terms: Option<&'a str>,
    prices: &'a [Price],
    duration: Option<&'a str>,
    refunds: Option<&'a str>,
}

/// What an operator should know of one Bedrock model.
#[derive(Debug, Serialize)]
pub(super) struct ModelWarningDocument<'a> {
    model: Option<&'a str>,
    problem: ModelProblem,
    message: &'a str,
    ends: Option<&'a str>,
    hint: Option<String>,
}

/// Warnings, whose hints are about the stack that `place` names.
pub(super) fn of_models<'a>(
    models: &'a [ModelWarning],
    place: &StackOptions,
) -> Vec<ModelWarningDocument<'a>> {
    let of = |one: &'a ModelWarning| ModelWarningDocument {
        model: one.model.as_deref(),
        problem: one.problem,
        message: &one.message,
        ends: one.ends.as_deref(),
        hint: one.hint.as_ref().map(|hint| hint.at(place)),
    };
    models.iter().map(of).collect()
}

/// What an operator should know of the Bedrock models that the file names.
pub fn model_warnings<'a>(
    models: &'a [ModelWarning],
    place: &StackOptions,
) -> impl Serialize + use<'a> {
    ModelsLine {
        event: "model-warnings",
        models: of_models(models, place),
    }
}

/// The terms of agreements that are to be accepted.
pub fn offers(models: &[Offer]) -> impl Serialize {
    let models = models.iter().map(|offer| OfferDocument {
        model: &offer.model,
        terms: offer.terms.as_deref(),
        prices: &offer.prices,
        duration: offer.duration.as_deref(),
        refunds: offer.refunds.as_deref(),
    });
    ModelsLine {
        event: "model-agreements",
        models: models.collect::<Vec<_>>(),
    }
}

#[derive(Serialize)]
struct PushDocument<'a> {
    service: &'a str,
    #[serde(flatten)]
    copied: &'a CopyResult,
}

/// An image that was pushed.
pub fn pushed<'a>(service: &'a str, copied: &'a CopyResult) -> impl Serialize + 'a {
    PushDocument { service, copied }
}

#[derive(Serialize)]
struct PushedLine<'a, T> {
    event: &'static str,
    #[serde(flatten)]
    pushed: &'a T,
}

/// The same as one line of many, where it is run afterwards.
pub fn pushed_line<T: Serialize>(pushed: &T) -> impl Serialize {
    PushedLine {
        event: "pushed",
        pushed,
    }
}

#[derive(Serialize)]
struct ValidationDocument<'a> {
    valid: bool,
    stack: &'a str,
    services: Vec<&'a str>,
    warnings: &'a [String],
}

/// What `validate` says of a file that is right; nothing is known of an account then.
pub fn validation<'a>(stack: &'a Stack, warnings: &'a [String]) -> impl Serialize + 'a {
    ValidationDocument {
        valid: true,
        stack: &stack.name,
        services: stack.services.keys().map(String::as_str).collect(),
        warnings,
    }
}
