//! The web ACL that the file names by ARN: there, and for load balancers.
//!
//! Only a regional web ACL protects an Application Load Balancer, and only in its own region ("AssociateWebACL" in the WAF
//! API); the association comes last in `up`, when all else is made.

use aws_sdk_wafv2::types::Scope;

use super::{CheckContext, Finding};
use crate::aws::fault;
use crate::aws::grant::{Grant, on};
use crate::engine::Fault;
use crate::message::{Command, message};
use crate::stack::Waf;

const PLACE: &str = "load_balancer.waf";

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let Waf::Existing(arn) = &context.stack.load_balancer.waf else {
        return Ok(Vec::new());
    };
    // arn:aws:wafv2:us-east-1:123456789012:regional/webacl/name/id
    let resource: Vec<&str> = arn
        .splitn(6, ':')
        .nth(5)
        .unwrap_or_default()
        .split('/')
        .collect();
    let &[scope, "webacl", name, id] = resource.as_slice() else {
        let reason = "this is no ARN of a web ACL";
        return Ok(vec![Finding::fail(PLACE, reason).in_file()]);
    };
    if scope != "regional" {
        let reason = "this web ACL is for CloudFront: a load balancer takes a regional one";
        return Ok(vec![Finding::fail(PLACE, reason).in_file()]);
    }
    let asked = context.cloud.waf.get_web_acl().scope(Scope::Regional);
    let answer = asked.name(name).id(id).send().await;
    Ok(vec![match answer.map_err(fault("wafv2:GetWebACL")) {
        Ok(_) => Finding::ok(PLACE, format!("the web ACL {name} is there")).in_file(),
        Err(fault) if fault.is_absent() => {
            let reason = format!("the web ACL {name} is not in this account and region");
            let list = Command::aws("wafv2 list-web-acls").option("--scope", "REGIONAL");
            let fix = message![list, " lists those there are"];
            Finding::fail(PLACE, reason).in_file().fix(fix)
        }
        Err(fault) => Finding::unread(PLACE, &fault).in_file(),
    }])
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[on(&["{named-web-acl}"], &["wafv2:GetWebACL"])];
