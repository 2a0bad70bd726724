//! What Bedrock offers in the region: foundation models with their lifecycle, and inference profiles.

use std::collections::BTreeMap;

use aws_sdk_bedrock::types as api;

use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::Fault;
use crate::presets::bedrock_models::{Use, foundation_of_profile, is_arn};

/// What Bedrock offers in a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Foundation models by id.
    pub models: BTreeMap<String, Model>,
    /// Foundation models of inference profiles, by the profile's id and by its ARN.
    pub profiles: BTreeMap<String, String>,
}

/// A foundation model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Whether its own id can be invoked; otherwise by an inference profile only.
    pub on_demand: bool,
    /// Whether Bedrock calls it legacy.
    pub legacy: bool,
    /// Since when, or from when on.
    pub legacy_from: Option<Timestamp>,
    /// When it reaches its end of life.
    pub ends: Option<Timestamp>,
}

impl Catalogue {
    /// The foundation model behind an id or ARN of the file; `None` for what is not offered.
    pub fn foundation(&self, id: &str) -> Option<&str> {
        let of_profile = || self.profiles.get(id).map(String::as_str);
        let model = self.models.get_key_value(id);
        model.map(|(id, _)| id.as_str()).or_else(of_profile)
    }

    /// Ids of the inference profiles of a foundation model.
    pub fn profiles_of(&self, model: &str) -> Vec<&str> {
        self.profiles
            .iter()
            .filter(|(id, behind)| *behind == model && !is_arn(id))
            .map(|(id, _)| id.as_str())
            .collect()
    }
}

/// The foundation model of an id, by its form; `None` for an ARN.
pub(super) fn by_form(id: &str) -> Option<&str> {
    (!is_arn(id)).then(|| foundation_of_profile(id).unwrap_or(id))
}

/// Reads the catalogue; application inference profiles only where one is used.
pub(super) async fn read(cloud: &Cloud, used: &[Use]) -> Result<Catalogue, Fault> {
    let own = used.iter().any(|one| is_arn(&one.id));
    let (models, system, applications) = tokio::try_join!(
        models(cloud),
        profiles(cloud, api::InferenceProfileType::SystemDefined),
        async {
            match own {
                true => profiles(cloud, api::InferenceProfileType::Application).await,
                false => Ok(BTreeMap::new()),
            }
        },
    )?;
    Ok(Catalogue {
        models,
        profiles: system.into_iter().chain(applications).collect(),
    })
}

async fn models(cloud: &Cloud) -> Result<BTreeMap<String, Model>, Fault> {
    let answer = cloud
        .bedrock
        .list_foundation_models()
        .send()
        .await
        .map_err(fault("bedrock:ListFoundationModels"))?;
    let models = answer.model_summaries().iter();
    Ok(models
        .map(|one| (one.model_id().to_owned(), model(one)))
        .collect())
}

fn model(summary: &api::FoundationModelSummary) -> Model {
    let types = summary.inference_types_supported();
    let lifecycle = summary.model_lifecycle();
    let legacy = &api::FoundationModelLifecycleStatus::Legacy;
    Model {
        // a model that says nothing of it is not judged by it
        on_demand: types.is_empty() || types.contains(&api::InferenceType::OnDemand),
        legacy: lifecycle.is_some_and(|one| one.status() == legacy),
        legacy_from: lifecycle
            .and_then(|one| one.legacy_time())
            .map(Timestamp::from),
        ends: lifecycle
            .and_then(|one| one.end_of_life_time())
            .map(Timestamp::from),
    }
}

async fn profiles(
    cloud: &Cloud,
    of: api::InferenceProfileType,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut pages = cloud
        .bedrock
        .list_inference_profiles()
        .type_equals(of)
        .max_results(1000)
        .into_paginator()
        .items()
        .send();
    let mut all = BTreeMap::new();
    while let Some(profile) = pages.next().await {
        let profile = profile.map_err(fault("bedrock:ListInferenceProfiles"))?;
        // one model, once for each region it may answer from
        let arn = profile.models().iter().find_map(|one| one.model_arn());
        let Some((_, model)) = arn.and_then(|arn| arn.split_once("foundation-model/")) else {
            continue;
        };
        for id in [
            profile.inference_profile_id(),
            profile.inference_profile_arn(),
        ] {
            all.insert(id.to_owned(), model.to_owned());
        }
    }
    Ok(all)
}
