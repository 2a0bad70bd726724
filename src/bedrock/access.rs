//! Whether this account may use the models of a stack.

use aws_sdk_bedrock::operation::get_foundation_model_availability::GetFoundationModelAvailabilityOutput as Availability;
use aws_sdk_bedrock::types as api;

use super::{ModelProblem, ModelWarning, Models};
use crate::aws::{Cloud, fault};
use crate::engine::Fault;
use crate::message::{Command, message};
use crate::presets::bedrock_models::Use;

/// Where Anthropic's form counts for the whole account.
const FORM_REGION: &str = "us-east-1";

/// Asks for each model of `models` whether the account may use it, and for Anthropic's use-case form where
/// one is theirs; adds what an operator should know. One request a model, and one or two for the form, all at
/// once.
///
/// What cannot be read is a warning.
pub(super) async fn add(cloud: &Cloud, models: &mut Models) {
    let foundations = models.foundations();
    let anthropic = foundations
        .iter()
        .find(|(_, model)| model.starts_with("anthropic."))
        .map(|(one, _)| *one);
    let asked = foundations
        .iter()
        .map(|(_, model)| availability(cloud, model));
    let (answers, form) = tokio::join!(
        futures_util::future::join_all(asked),
        form(cloud, anthropic)
    );
    let mut warnings = Vec::new();
    let mut unaccepted = Vec::new();
    let mut unread = None;
    for ((one, model), answer) in foundations.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                if is_unaccepted(&answer) {
                    unaccepted.push(model.clone());
                }
                warnings.extend(assess(cloud, one, &answer));
            }
            Err(fault) => unread = Some(fault),
        }
    }
    // one for all: who may not ask for one model may ask for none
    warnings.extend(unread.map(|fault| {
        let what = "whether this account may use the models of the file";
        ModelWarning::unread(what, &fault, "bedrock:GetFoundationModelAvailability")
    }));
    warnings.extend(form);
    models.warnings.extend(warnings);
    models.unaccepted = unaccepted;
}

pub(super) async fn availability(cloud: &Cloud, model: &str) -> Result<Availability, Fault> {
    cloud
        .bedrock
        .get_foundation_model_availability()
        .model_id(model)
        .send()
        .await
        .map_err(fault("bedrock:GetFoundationModelAvailability"))
}

/// AWS's word for how the agreement of a model is, and what went wrong with it.
pub(super) fn agreement(answer: &Availability) -> (Option<&api::AgreementStatus>, Option<&str>) {
    let agreement = answer.agreement_availability();
    (
        agreement.map(api::AgreementAvailability::status),
        agreement.and_then(|one| one.error_message()),
    )
}

fn is_unaccepted(answer: &Availability) -> bool {
    use api::AgreementStatus::{Error, NotAvailable};
    matches!(agreement(answer).0, Some(NotAvailable | Error))
}

/// The first thing that keeps the account from using a model.
fn assess(cloud: &Cloud, one: &Use, answer: &Availability) -> Option<ModelWarning> {
    use api::AgreementStatus::{Error, NotAvailable, Pending};
    let region = &cloud.place.region;
    let account = &cloud.place.account;
    let not = |rest: String| ModelWarning::new(one, ModelProblem::NotAvailable, rest);
    if answer.region_availability() == &api::RegionAvailability::NotAvailable {
        return Some(not(format!("which Bedrock does not offer to {region}")));
    }
    if answer.authorization_status() == &api::AuthorizationStatus::NotAuthorized {
        let rest = format!("which account {account} is not authorized to use");
        return Some(not(rest).hint(
            "a policy of the organization may forbid it; whoever manages the account's policies knows",
        ));
    }
    match agreement(answer) {
        (Some(NotAvailable), _) => {
            let rest = format!(
                "whose agreement nobody has accepted in account {account}: the gateway is answered \
                 403 (AccessDeniedException) until somebody does"
            );
            Some(ModelWarning::new(one, ModelProblem::NoAgreement, rest))
        }
        (Some(Error), why) => {
            let rest = format!(
                "whose agreement could not be made in account {account}: {}",
                why.unwrap_or("AWS does not say why")
            );
            Some(ModelWarning::new(one, ModelProblem::NoAgreement, rest))
        }
        (Some(Pending), _) => {
            let rest = "whose agreement is not in force yet, which takes up to 15 minutes";
            Some(ModelWarning::new(one, ModelProblem::AgreementPending, rest))
        }
        _ if answer.entitlement_availability() == &api::EntitlementAvailability::NotAvailable => {
            let rest = format!("which account {account} is not entitled to use");
            Some(
                not(rest)
                    .hint("open it once in the playground of the Bedrock console, which says why"),
            )
        }
        _ => None,
    }
}

/// Whether Anthropic's form was sent, where one of the models is theirs.
async fn form(cloud: &Cloud, anthropic: Option<&Use>) -> Option<ModelWarning> {
    let one = anthropic?;
    let mut sent = has_form(cloud, None).await;
    // the form of a commercial account is sent there, whatever region uses the model
    let elsewhere = cloud.place.partition == "aws" && cloud.place.region != FORM_REGION;
    if matches!(sent, Ok(false)) && elsewhere {
        sent = has_form(cloud, Some(FORM_REGION)).await;
    }
    match sent {
        Ok(true) => None,
        Ok(false) => Some(no_form(cloud, one)),
        Err(fault) => Some(ModelWarning::unread(
            "whether Anthropic's use-case form was sent",
            &fault,
            "bedrock:GetUseCaseForModelAccess",
        )),
    }
}

async fn has_form(cloud: &Cloud, region: Option<&'static str>) -> Result<bool, Fault> {
    let call = cloud.bedrock.get_use_case_for_model_access().customize();
    let call = match region {
        Some(region) => call.config_override(
            aws_sdk_bedrock::config::Config::builder()
                .region(aws_sdk_bedrock::config::Region::new(region)),
        ),
        None => call,
    };
    let sent = call.send().await;
    match sent.map_err(fault("bedrock:GetUseCaseForModelAccess")) {
        Ok(_) => Ok(true),
        Err(fault) if fault.is_absent() => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// The fields are those of the console's form, as AWS keeps them; the form counts for every account below an
/// organization's management account that sent it ("Access Amazon Bedrock foundation models").
fn no_form(cloud: &Cloud, one: &Use) -> ModelWarning {
    let rest = format!(
        "and Anthropic's use-case form was not found in account {}: Bedrock refuses Anthropic's models until \
         it is sent, here or in the organization's management account",
        cloud.place.account
    );
    let region = match cloud.place.partition.as_str() {
        "aws" => FORM_REGION,
        _ => &cloud.place.region,
    };
    ModelWarning::new(one, ModelProblem::NoUseCase, rest).hint(message![
        "open the model in the Bedrock console's model catalog and fill the form in, or write \
         {\"companyName\": …, \"companyWebsite\": …, \"intendedUsers\": …, \"industryOption\": …, \
         \"otherIndustryOption\": …, \"useCases\": …} to use-case.json and run ",
        Command::aws_in(region, "bedrock put-use-case-for-model-access")
            .option("--form-data", "fileb://use-case.json"),
    ])
}
