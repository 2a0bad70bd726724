//! How the targets of a service are.

use aws_sdk_elasticloadbalancingv2::operation::describe_target_health::builders::DescribeTargetHealthFluentBuilder;
use aws_sdk_elasticloadbalancingv2::types::TargetHealthDescription;

use super::{TargetSummary, TargetsSummary};
use crate::aws::fault;
use crate::engine::Fault;

/// Asks for the targets of a service's groups; a service without one has none.
pub(super) async fn read(
    requests: Vec<DescribeTargetHealthFluentBuilder>,
) -> Result<Option<TargetsSummary>, Fault> {
    if requests.is_empty() {
        return Ok(None);
    }
    let mut targets = Vec::new();
    for request in requests {
        let answer = request
            .send()
            .await
            .map_err(fault("elasticloadbalancing:DescribeTargetHealth"))?;
        targets.extend(answer.target_health_descriptions.unwrap_or_default());
    }
    Ok(Some(all(&targets)))
}

fn all(targets: &[TargetHealthDescription]) -> TargetsSummary {
    let mut summary = TargetsSummary {
        total: 0,
        healthy: 0,
        others: Vec::new(),
    };
    for described in targets {
        let health = described.target_health();
        let state = health
            .and_then(|health| Some(health.state()?.as_str()))
            .unwrap_or("unknown");
        // What is leaving is no part of how it is.
        if state == "draining" {
            continue;
        }
        summary.total += 1;
        if state == "healthy" {
            summary.healthy += 1;
            continue;
        }
        let target = described.target();
        summary.others.push(TargetSummary {
            target: format!(
                "{}:{}",
                target.and_then(|target| target.id()).unwrap_or("?"),
                target.and_then(|target| target.port()).unwrap_or(0)
            ),
            state: state.to_owned(),
            reason: health
                .and_then(|health| health.description())
                .map(str::to_owned),
        });
    }
    summary
}
