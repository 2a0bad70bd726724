//! Policies that others have put into a role of ours or attached to it. Neither kind of policy says whose it is, so
//! that those count as ours whose names ajuda gives: they are taken out when they have left the file.

use crate::aws::Job;
use crate::engine::{Extra, Fault};

use super::calls::{detach, drop_inline};
use super::{Role, RoleLive};

/// The names that ajuda gives to inline policies.
const INLINE: [&str; 3] = ["execution", "task", "flow-logs"];
/// The policies of AWS that ajuda attaches, as their ARNs end in every partition.
const MANAGED: [&str; 2] = [
    ":iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
    ":iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
];

/// One policy of others: an inline one by its name, or a managed one by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Added {
    Inline(String),
    Managed(String),
}

/// In words.
pub(super) fn extra(added: &Added) -> Extra {
    let what = match added {
        Added::Inline(name) => format!("inline policy {name}"),
        Added::Managed(arn) => format!("managed policy {arn}"),
    };
    Extra { what, open: false }
}

/// The role with the policies of others apart.
pub(super) fn apart(live: RoleLive, declared: &Role) -> RoleLive {
    let inline =
        |name: &String| declared.policies.contains_key(name) || INLINE.contains(&name.as_str());
    let attached = |arn: &String| {
        declared.managed.contains(arn) || MANAGED.iter().any(|end| arn.ends_with(end))
    };
    let mut added: Vec<Added> = Vec::new();
    let theirs = live.policies.keys().filter(|name| !inline(name));
    added.extend(theirs.cloned().map(Added::Inline));
    let theirs = live.managed.iter().filter(|arn| !attached(arn));
    added.extend(theirs.cloned().map(Added::Managed));
    RoleLive {
        policies: live
            .policies
            .into_iter()
            .filter(|(name, _)| inline(name))
            .collect(),
        managed: live.managed.into_iter().filter(attached).collect(),
        added,
        ..live
    }
}

/// Takes these out of a role.
///
/// # Errors
/// The fault of a call.
pub(super) async fn remove(job: &Job, role: &str, added: &[Added]) -> Result<(), Fault> {
    for one in added {
        match one {
            Added::Inline(name) => drop_inline(job, role, name).await?,
            Added::Managed(arn) => detach(job, role, arn).await?,
        }
    }
    Ok(())
}
