//! What is known of a stack's Bedrock models, for people.

use std::fmt::Write;

use super::Style;
use crate::bedrock::{ModelWarning, Offer};
use crate::message::StackOptions;

/// How many prices of an offer are shown; the rest are counted.
const PRICES: usize = 6;

/// One warning after the other, each with what to do about it on the stack that `place` names; ends without a line break.
pub fn model_warnings(warnings: &[ModelWarning], place: &StackOptions, style: Style) -> String {
    let mut lines = Vec::new();
    for warning in warnings {
        lines.push(format!("{} {}", style.accent("warning:"), warning.message));
        if let Some(hint) = &warning.hint {
            lines.push(format!("  {} {}", style.dim("hint:"), hint.at(place)));
        }
    }
    lines.join("\n")
}

/// The terms of agreements that are to be accepted; ends without a line break.
pub fn offers(offers: &[Offer], style: Style) -> String {
    let mut text = String::new();
    let _ = write!(text, "{}", style.heading("agreements to accept"));
    for offer in offers {
        let _ = write!(text, "\n  {}", offer.model);
        let terms = offer.terms.as_deref();
        let terms = terms.unwrap_or("AWS names none; see the model's page in AWS Marketplace");
        let _ = write!(text, "\n    terms: {terms}");
        if let Some(duration) = &offer.duration {
            let _ = write!(text, "\n    duration: {duration}");
        }
        if let Some(refunds) = &offer.refunds {
            let _ = write!(text, "\n    refunds: {refunds}");
        }
        for price in offer.prices.iter().take(PRICES) {
            let unit = price.unit.as_deref().map(|unit| format!(" / {unit}"));
            let unit = unit.unwrap_or_default();
            let _ = write!(text, "\n    {}: ${}{unit}", price.what, price.price);
        }
        let more = offer.prices.len().saturating_sub(PRICES);
        if more > 0 {
            let _ = write!(
                text,
                "\n    and {more} more prices (--output json lists all)"
            );
        }
    }
    text
}
