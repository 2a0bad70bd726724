//! The table of prices: lists of AWS's prices, each with its source and its day.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Meter;

/// What is built in (`src/cost/prices.toml`).
const TABLE: &str = include_str!("prices.toml");

/// A price.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// US dollars for one unit of its meter.
    pub usd: f64,
    /// Where it is from.
    pub source: String,
    /// Of which day it is, as `2025-10-27`.
    pub date: String,
}

/// Prices that have one source and one day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct List {
    pub(super) source: String,
    pub(super) date: String,
    /// Where it was looked up.
    pub(super) recorded: String,
    /// US dollars by meter and region.
    pub(super) usd: BTreeMap<String, BTreeMap<String, f64>>,
}

/// A table of prices.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Prices {
    #[serde(rename = "list")]
    pub(super) lists: Vec<List>,
}

impl Prices {
    /// The table that is built in.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Prices> =
            LazyLock::new(|| toml::from_str(TABLE).unwrap_or_default());
        &BUILT_IN
    }

    /// The price of a meter in a region: the one of the latest day; `None` where nobody has named one.
    pub fn of(&self, meter: &Meter, region: &str) -> Option<Price> {
        if let Some(price) = self.listed(&meter.key(), region) {
            return Some(price);
        }
        let single = self.listed(&meter.in_one_zone()?.key(), region)?;
        Some(Price {
            usd: single.usd * 2.0,
            source: format!("twice the price in one zone; {}", single.source),
            ..single
        })
    }

    fn listed(&self, key: &str, region: &str) -> Option<Price> {
        let has = |list: &&List| list.usd.get(key).is_some_and(|of| of.contains_key(region));
        let list = self
            .lists
            .iter()
            .filter(has)
            .max_by(|a, b| a.date.cmp(&b.date))?;
        Some(Price {
            usd: *list.usd.get(key)?.get(region)?,
            source: list.source.clone(),
            date: list.date.clone(),
        })
    }

    /// Whether it has any price of a region.
    pub fn knows(&self, region: &str) -> bool {
        let mut all = self.lists.iter().flat_map(|list| list.usd.values());
        all.any(|of| of.contains_key(region))
    }

    /// The same with `newer` instead of what they have of the same meters in the same regions.
    #[must_use]
    pub fn renewed(&self, newer: &Self) -> Self {
        let mut lists = self.lists.clone();
        for list in &newer.lists {
            for (key, regions) in &list.usd {
                for old in &mut lists {
                    if let Some(of) = old.usd.get_mut(key) {
                        of.retain(|region, _| !regions.contains_key(region));
                    }
                }
            }
        }
        for old in &mut lists {
            old.usd.retain(|_, of| !of.is_empty());
        }
        lists.retain(|list| !list.usd.is_empty());
        lists.extend(newer.lists.iter().cloned());
        Self { lists }
    }

    /// As a file like the one that is built in.
    pub fn to_toml(&self) -> String {
        let head = TABLE.lines().take_while(|line| line.starts_with('#'));
        let mut text: String = head.flat_map(|line| [line, "\n"]).collect();
        for list in &self.lists {
            let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(
                text,
                "\n[[list]]\nsource = \"{}\"\ndate = \"{}\"\nrecorded = \"{}\"\n",
                quoted(&list.source),
                quoted(&list.date),
                quoted(&list.recorded)
            );
            for (key, regions) in &list.usd {
                let _ = write!(text, "\n[list.usd.\"{}\"]\n", quoted(key));
                for (region, usd) in regions {
                    let _ = writeln!(text, "{region} = {}", decimal(*usd));
                }
            }
        }
        text
    }
}

/// A number as TOML's decimals are written, without an exponent.
fn decimal(usd: f64) -> String {
    let text = format!("{usd:.10}");
    let text = text.trim_end_matches('0');
    if text.ends_with('.') {
        format!("{text}0")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Prices, TABLE};
    use crate::cost::Meter;

    #[test]
    fn every_price_that_is_built_in_has_a_source_and_a_day() {
        let table: Prices = toml::from_str(TABLE).expect("the table is TOML");
        assert!(table.lists.len() > 10);
        for list in &table.lists {
            assert!(list.source.len() > 20 && list.recorded.len() > 20);
            let day: Vec<&str> = list.date.split('-').collect();
            assert!(matches!(day[..], [year, _, _] if year >= "2024"), "{day:?}");
            for (key, regions) in &list.usd {
                for (region, usd) in regions {
                    assert!(*usd > 0.0 && *usd < 10.0, "{key} {region}: {usd}");
                }
            }
        }
        for region in [
            "us-east-1",
            "us-east-2",
            "us-west-2",
            "eu-west-1",
            "eu-central-1",
            "ap-southeast-2",
            "ap-northeast-1",
        ] {
            let of = |meter: &Meter| table.of(meter, region);
            assert!(of(&Meter::FargateCpu { arm: true }).is_some(), "{region}");
            assert!(of(&Meter::NatGateway).is_some() && of(&Meter::ObjectStorage).is_some());
        }
        assert!(!table.knows("xx-nowhere-1"));
    }

    #[test]
    fn the_latest_day_counts_and_two_zones_cost_twice_where_nobody_says_more() {
        let table: Prices = toml::from_str(
            r#"
            [[list]]
            source = "old"
            date = "2024-01-01"
            recorded = "here"
            usd.alarm-month.r = 0.2
            usd."postgresql db.a hour".r = 0.5
            [[list]]
            source = "new"
            date = "2025-01-01"
            recorded = "here"
            usd.alarm-month.r = 0.1
            "#,
        )
        .expect("TOML");
        let price = table.of(&Meter::Alarm, "r").expect("known");
        assert_eq!((price.usd, price.source.as_str()), (0.1, "new"));
        let multi = Meter::Database {
            class: "db.a".to_owned(),
            multi_az: true,
        };
        let price = table.of(&multi, "r").expect("twice");
        assert_eq!(price.usd, 1.0);
        assert_eq!(price.source, "twice the price in one zone; old");
        assert_eq!(table.of(&Meter::Secret, "r"), None, "unknown, never 0");
    }

    #[test]
    fn a_renewed_table_is_written_as_it_is_read() {
        let table: Prices = toml::from_str(TABLE).expect("the table is TOML");
        let newer: Prices = toml::from_str(
            "[[list]]\nsource = 'a \"list\"'\ndate = '2030-01-01'\nrecorded = 'AWS'\nusd.alarm-month.us-east-1 = 0.25\n",
        )
        .expect("TOML");
        let renewed = table.renewed(&newer);
        let read: Prices = toml::from_str(&renewed.to_toml()).expect("TOML again");
        assert_eq!(read, renewed);
        let price = |region| read.of(&Meter::Alarm, region).map(|price| price.usd);
        assert_eq!(price("us-east-1"), Some(0.25));
        assert_eq!(price("us-east-2"), Some(0.1), "of another region");
        let written = renewed.to_toml();
        assert!(written.starts_with("# What AWS asks for"), "{written}");
    }
}
