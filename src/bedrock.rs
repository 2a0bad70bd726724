//! The Bedrock models that a stack uses: whether AWS offers them and until when, whether the account may
//! use them, and the agreements that their providers ask for.
//!
//! All of it is asked with the deployer's rights. A gateway's role can only invoke; Bedrock answers it
//! `AccessDeniedException` for a model whose agreement nobody has accepted ("Access Amazon Bedrock
//! foundation models" in the Bedrock user guide).

use serde::Serialize;

use crate::aws::Cloud;
use crate::aws::grant::{Grant, anywhere};
use crate::aws::timestamp::Timestamp;
use crate::engine::{Class, Fault};
use crate::message::Message;
use crate::presets::bedrock_models::{Use, used};
use crate::stack::Stack;

mod access;
mod agreement;
mod catalogue;
mod lifecycle;

pub(crate) use agreement::ACCEPT;
pub use agreement::{Offer, Price, accept, offers};
pub use catalogue::{Catalogue, Model};
pub use lifecycle::lifecycle;

/// Something that an operator should know of a model that the stack uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelWarning {
    /// The model as the file names it; `None`: all of them.
    pub model: Option<String>,
    /// What is the matter.
    pub problem: ModelProblem,
    /// The same in words.
    pub message: String,
    /// When it reaches its end of life, `YYYY-MM-DD`, where that is known.
    pub ends: Option<String>,
    /// What to do about it.
    pub hint: Option<Message>,
}

/// What is the matter with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelProblem {
    /// Its end of life is past: every request for it fails.
    Ended,
    /// Its end of life comes soon.
    EndsSoon,
    /// Bedrock calls it legacy: who has not used it lately is refused.
    Legacy,
    /// Bedrock does not offer it in the region.
    Unknown,
    /// It is offered by inference profile only, and the file names the model itself.
    ProfileOnly,
    /// Nobody has accepted its provider's agreement in this account.
    NoAgreement,
    /// Its agreement was accepted and is not in force yet.
    AgreementPending,
    /// Something else keeps the account from using it.
    NotAvailable,
    /// Anthropic's use-case form was not found.
    NoUseCase,
    /// AWS did not let it be checked.
    Unread,
}

impl ModelWarning {
    fn new(of: &Use, problem: ModelProblem, rest: impl std::fmt::Display) -> Self {
        let id = &of.id;
        let message = match of.key {
            Some(key) => format!("{key} names `{id}`, {rest}"),
            None => format!("models.chat is empty, so the gateway falls back to `{id}`, {rest}"),
        };
        Self {
            model: Some(id.clone()),
            problem,
            message,
            ends: None,
            hint: None,
        }
    }

    fn unread(what: &str, fault: &Fault, actions: &str) -> Self {
        Self {
            model: None,
            problem: ModelProblem::Unread,
            message: format!("{what} could not be checked: {fault}"),
            ends: None,
            hint: (fault.class == Class::Denied)
                .then(|| format!("allow {actions} to whoever runs this").into()),
        }
    }

    fn ends(mut self, day: impl Into<String>) -> Self {
        self.ends = Some(day.into());
        self
    }

    fn hint(mut self, hint: impl Into<Message>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What is known of the models of a stack.
#[derive(Debug, Default)]
pub struct Models {
    /// What the stack uses; empty without a gateway.
    pub used: Vec<Use>,
    /// What AWS offers; `None` where it could not be read, or nothing is used.
    pub catalogue: Option<Catalogue>,
    /// What an operator should know.
    pub warnings: Vec<ModelWarning>,
    /// Foundation models whose agreement nobody has accepted.
    pub unaccepted: Vec<String>,
}

/// Asks what AWS offers of the models of `stack` and until when, then whether the account may use them: two
/// round trips deep. Two requests, three where the file names an application inference profile; then one for
/// each model and one or two for Anthropic's form. None without a gateway.
///
/// What cannot be read is a warning.
pub async fn read(cloud: &Cloud, stack: &Stack) -> Models {
    let used = used(stack, &cloud.place.region);
    if used.is_empty() {
        return Models::default();
    }
    let (catalogue, unread) = match catalogue::read(cloud, &used).await {
        Ok(catalogue) => (Some(catalogue), None),
        Err(fault) => {
            let what = "whether Bedrock offers the models of the file";
            let actions = "bedrock:ListFoundationModels and bedrock:ListInferenceProfiles";
            (None, Some(ModelWarning::unread(what, &fault, actions)))
        }
    };
    let region = &cloud.place.region;
    let mut warnings = lifecycle(&used, catalogue.as_ref(), region, Timestamp::now());
    warnings.extend(unread);
    let mut models = Models {
        used,
        catalogue,
        warnings,
        unaccepted: Vec::new(),
    };
    access::add(cloud, &mut models).await;
    models
}

impl Models {
    /// Forgets what was said of agreements: all that nobody had accepted are in force now.
    pub fn accepted(&mut self) {
        self.unaccepted.clear();
        self.warnings
            .retain(|warning| warning.problem != ModelProblem::NoAgreement);
    }

    /// The foundation models behind what the stack uses, each with what names it first, and each once.
    ///
    /// What AWS does not list is left out: asking for it is an error. Without a list of AWS's, an id tells its
    /// model by its form, and an ARN does not.
    fn foundations(&self) -> Vec<(&Use, String)> {
        let mut found: Vec<(&Use, String)> = Vec::new();
        for one in &self.used {
            let model = match &self.catalogue {
                Some(catalogue) => catalogue.foundation(&one.id).map(str::to_owned),
                None => catalogue::by_form(&one.id).map(str::to_owned),
            };
            let is_new = |model: &String| !found.iter().any(|(_, other)| other == model);
            if let Some(model) = model.filter(is_new) {
                found.push((one, model));
            }
        }
        found
    }
}

/// What looking at the models needs.
pub(crate) const GRANTS: &[Grant] = &[anywhere(&[
    "bedrock:ListFoundationModels",
    "bedrock:ListInferenceProfiles",
    "bedrock:GetFoundationModelAvailability",
    "bedrock:GetUseCaseForModelAccess",
    "bedrock:ListFoundationModelAgreementOffers",
])];
