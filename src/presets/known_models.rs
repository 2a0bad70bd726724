//! Bedrock's models as public sources told of them on one day: what may be named, and until when.
//!
//! Looked up on 2026-11-28; where, model by model, is in `docs/models.md`. Nothing here decides whether a
//! model works: `plan` asks AWS. The table says which model a gateway falls back to, and why one that
//! AWS no longer lists is gone.

/// The day on which the table was looked up.
pub const LOOKED_UP: &str = "2026-11-28";

/// A foundation model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownModel {
    /// Its id in Bedrock, without a geography.
    pub id: &'static str,
    /// First parts of the ids of its cross-region inference profiles.
    pub profiles: &'static [&'static str],
    /// The day it reaches its end of life, `YYYY-MM-DD`; `None` while none is announced.
    pub ends: Option<&'static str>,
}

const fn lives(id: &'static str, profiles: &'static [&'static str]) -> KnownModel {
    KnownModel {
        id,
        profiles,
        ends: None,
    }
}

const fn ends(
    id: &'static str,
    profiles: &'static [&'static str],
    day: &'static str,
) -> KnownModel {
    KnownModel {
        id,
        profiles,
        ends: Some(day),
    }
}

/// What is known.
pub const KNOWN_MODELS: &[KnownModel] = &[
    lives(
        "anthropic.claude-sonnet-4-6",
        &["au", "eu", "global", "jp", "us"],
    ),
    lives("amazon.nova-2-lite-v1:0", &["eu", "global", "jp", "us"]),
    lives("amazon.nova-lite-v1:0", &["apac", "eu", "us"]),
    lives("amazon.nova-micro-v1:0", &["apac", "eu", "us"]),
    lives("amazon.nova-pro-v1:0", &["apac", "eu", "us"]),
    lives("amazon.nova-2-multimodal-embeddings-v1:0", &[]),
    lives("amazon.titan-embed-text-v1", &[]),
    lives("amazon.titan-embed-text-v2:0", &[]),
    lives("cohere.embed-english-v3", &[]),
    lives("cohere.embed-multilingual-v3", &[]),
    ends(
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        &["au", "eu", "global", "jp", "us", "us-gov"],
        "2027-04-08",
    ),
    ends("meta.llama3-3-70b-instruct-v1:0", &["us"], "2027-03-30"),
    ends(
        "anthropic.claude-opus-4-1-20250805-v1:0",
        &["eu", "us"],
        "2027-01-08",
    ),
    ends(
        "anthropic.claude-sonnet-4-20250514-v1:0",
        &["apac", "eu", "global", "us"],
        "2026-10-14",
    ),
    ends("amazon.nova-premier-v1:0", &["us"], "2026-09-14"),
    ends(
        "anthropic.claude-3-haiku-20240307-v1:0",
        &["apac", "eu", "us"],
        "2026-09-10",
    ),
    ends(
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        &["apac", "us"],
        "2026-07-30",
    ),
    ends(
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        &["apac", "eu", "us"],
        "2026-07-30",
    ),
    ends(
        "anthropic.claude-3-sonnet-20240229-v1:0",
        &["apac", "eu", "us"],
        "2026-07-30",
    ),
    ends(
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        &["apac", "eu", "us"],
        "2026-04-28",
    ),
];

/// What is known of a foundation model.
pub fn known(id: &str) -> Option<&'static KnownModel> {
    KNOWN_MODELS.iter().find(|model| model.id == id)
}

/// The chat model of a gateway whose file names none: Amazon's own, which asks for no agreement, by the
/// profile that stays in the region's geography where there is one.
pub fn default_chat(region: Option<&str>) -> &'static str {
    match region.unwrap_or_default() {
        // Nova 2 is not known there
        region if region.starts_with("us-gov-") => "amazon.nova-lite-v1:0",
        region if region.starts_with("us-") => "us.amazon.nova-2-lite-v1:0",
        region if region.starts_with("eu-") => "eu.amazon.nova-2-lite-v1:0",
        "ap-northeast-1" | "ap-northeast-3" => "jp.amazon.nova-2-lite-v1:0",
        _ => "global.amazon.nova-2-lite-v1:0",
    }
}
