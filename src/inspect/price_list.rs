//! AWS's price list, read by its Query API.

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::aws::Cloud;
use crate::aws::grant::{Grant, anywhere};
use crate::aws::signed::{JsonService, PRICING};
use crate::cost::{Ask, Meter, Prices, asks, prices_of};
use crate::engine::{Class, Fault};

use crate::aws::timestamp::Timestamp;

/// Pages of 100 products that one meter may take: of a family in one region there are fewer.
const PAGES: usize = 20;

/// The prices of these meters in the stack's region, as of today.
///
/// # Errors
/// The fault of a request: the caller needs `pricing:GetProducts`. Other partitions have lists of their own, in other
/// currencies or none.
pub async fn read(cloud: &Cloud, meters: &[Meter]) -> Result<Prices, Fault> {
    let place = &cloud.place;
    if place.partition != "aws" {
        let why = format!(
            "AWS's price list of the partition {} is not read: only that of `aws` has US dollars of every region",
            place.partition
        );
        return Err(Fault::new("pricing:GetProducts", Class::Invalid, why));
    }
    let service = nearest_host(&place.region);
    let answers = asks(meters, &place.region).into_iter().map(|ask| async {
        let products = products(cloud, service, &ask).await?;
        Ok::<_, Fault>((ask, products))
    });
    let answers = try_join_all(answers).await?;
    let day: String = Timestamp::now().to_string().chars().take(10).collect();
    Ok(prices_of(&answers, &place.region, &day))
}

/// The endpoint for a region: there are three, and each has the prices of all ("AWS Price List Query API endpoints").
fn nearest_host(region: &str) -> &'static JsonService {
    let [us, eu, ap] = &PRICING;
    match region.split('-').next() {
        Some("eu" | "me" | "af" | "il") => eu,
        Some("ap") => ap,
        _ => us,
    }
}

/// Every product that fits (`GetProducts`; each is JSON in a text).
async fn products(cloud: &Cloud, service: &JsonService, ask: &Ask) -> Result<Vec<Value>, Fault> {
    let filters = ask
        .filters
        .iter()
        .map(|(field, value)| json!({ "Type": "TERM_MATCH", "Field": field, "Value": value }));
    let mut body = json!({
        "ServiceCode": ask.service,
        "Filters": filters.collect::<Vec<Value>>(),
        "FormatVersion": "aws_v1",
        "MaxResults": 100,
    });
    let mut products = Vec::new();
    for _ in 0..PAGES {
        let page = cloud.signed.read(service, "GetProducts", &body).await?;
        let texts = page["PriceList"].as_array().into_iter().flatten();
        let read = texts.filter_map(|one| serde_json::from_str(one.as_str()?).ok());
        products.extend(read);
        match page["NextToken"].as_str() {
            Some(token) => body["NextToken"] = json!(token),
            None => break,
        }
    }
    Ok(products)
}

/// What reading AWS's prices needs: the price list takes no object.
pub(crate) const GRANTS: &[Grant] = &[anywhere(&["pricing:GetProducts"])];
