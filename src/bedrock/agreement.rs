//! Accepting the agreements that providers ask for before their models answer.

use aws_sdk_bedrock::types as api;
use serde::Serialize;

use super::access::{agreement, availability};
use crate::aws::grant::{Grant, anywhere};
use crate::aws::{Cloud, RunContext, fault};
use crate::engine::{Address, Class, Fault, Pace, Ready, Step, Verb};

/// A subscription takes up to 15 minutes ("Access Amazon Bedrock foundation models"), mostly one or two.
const AGREEMENT: Pace = Pace::of(90, 15 * 60, 10);

/// What a provider offers for a model, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The foundation model.
    pub model: String,
    /// Where the terms are to be read.
    pub terms: Option<String>,
    /// What is paid, beside nothing for the agreement itself.
    pub prices: Vec<Price>,
    /// How long the agreement lasts, an ISO 8601 duration.
    pub duration: Option<String>,
    /// What is said of refunds.
    pub refunds: Option<String>,
    /// What accepts it.
    token: String,
}

/// One price of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// What is counted.
    pub what: String,
    /// US dollars, as AWS writes them.
    pub price: String,
    /// For how much of it.
    pub unit: Option<String>,
}

/// The offer of each of these foundation models; one request each.
///
/// # Errors
/// The fault of a request, or a model without a public offer.
pub async fn offers(cloud: &Cloud, models: &[String]) -> Result<Vec<Offer>, Fault> {
    futures_util::future::try_join_all(models.iter().map(|model| offer(cloud, model))).await
}

async fn offer(cloud: &Cloud, model: &str) -> Result<Offer, Fault> {
    const OPERATION: &str = "bedrock:ListFoundationModelAgreementOffers";
    let answer = cloud
        .bedrock
        .list_foundation_model_agreement_offers()
        .model_id(model)
        .offer_type(api::OfferType::Public)
        .send()
        .await
        .map_err(fault(OPERATION))?;
    let offer = answer.offers().first().ok_or_else(|| {
        let what = format!("there is no public offer for `{model}`");
        Fault::new(OPERATION, Class::Absent, what)
            .hint("the model's page in the Bedrock console's model catalog says how it is had")
    })?;
    let terms = offer.term_details();
    let rates = terms
        .and_then(|terms| terms.usage_based_pricing_term())
        .map_or(&[][..], |term| term.rate_card());
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let price = |rate: &api::DimensionalPriceRate| {
        Some(Price {
            what: text(rate.description()).or_else(|| text(rate.dimension()))?,
            price: text(rate.price())?,
            unit: text(rate.unit()),
        })
    };
    let validity = terms.and_then(|terms| terms.validity_term());
    let support = terms.and_then(|terms| terms.support_term());
    let legal = terms.and_then(|terms| terms.legal_term());
    Ok(Offer {
        model: model.to_owned(),
        terms: legal.and_then(|term| text(term.url())),
        prices: rates.iter().filter_map(price).collect(),
        duration: validity.and_then(|term| text(term.agreement_duration())),
        refunds: support.and_then(|term| text(term.refund_policy_description())),
        token: offer.offer_token().to_owned(),
    })
}

/// Accepts an offer and waits until the agreement is in force. One that is there already is waited for.
///
/// # Errors
/// The fault of a request, an agreement that AWS could not make, or an interruption: AWS goes on with it.
pub async fn accept(run: &RunContext, offer: &Offer) -> Result<(), Fault> {
    const OPERATION: &str = "bedrock:CreateFoundationModelAgreement";
    let model = &offer.model;
    let at = Address::new("model-agreement", model);
    let accept = async |step: &Step<Cloud>| {
        let made = step
            .job()
            .bedrock
            .create_foundation_model_agreement()
            .model_id(model)
            .offer_token(&offer.token)
            .send()
            .await
            .map_err(fault(OPERATION));
        match made {
            Ok(_) => {}
            // the call takes no token: after a lost reply, or beside somebody else, it is there
            Err(fault) if fault.code == "ConflictException" => {}
            Err(fault) if fault.class == Class::Denied => {
                return Err(fault.hint(
                    "whoever accepts needs aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions beside \
                     bedrock:CreateFoundationModelAgreement",
                ));
            }
            Err(fault) => return Err(fault),
        }
        step.until(async || {
            use api::AgreementStatus::{Available, Error};
            let answer = availability(step.job(), model).await?;
            match agreement(&answer) {
                (Some(Available), _) => Ok(Ready::Yes(())),
                (Some(Error), why) => Err(Fault::new(
                    OPERATION,
                    Class::Failed,
                    why.unwrap_or("AWS does not say why").to_owned(),
                )),
                _ => Ok(Ready::NotYet("AWS Marketplace subscribes".to_owned())),
            }
        })
        .await
    };
    run.step(at, Verb::Create, AGREEMENT, accept).await
}

/// What accepting an agreement needs: it is a purchase in AWS Marketplace ("Access Amazon Bedrock foundation models").
pub(crate) const ACCEPT: &[Grant] = &[anywhere(&[
    "bedrock:CreateFoundationModelAgreement",
    "aws-marketplace:Subscribe",
    "aws-marketplace:ViewSubscriptions",
])];
