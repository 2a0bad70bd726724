//! What encrypts the secrets that the operator keeps beside the stack: asked before the stack is declared.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use crate::aws::Cloud;
use crate::aws::grant::{Grant, on};
use crate::engine::Fault;
use crate::resources::{Encryption, encryption_of};

/// What is known of the operator's own secrets.
#[derive(Debug, Default)]
pub struct OperatorSecrets {
    /// What encrypts each, by its ARN.
    pub encryption: BTreeMap<String, Encryption>,
    /// Those that do not exist.
    pub absent: BTreeSet<String>,
    /// What the operator should know.
    pub warnings: Vec<String>,
    /// Why one of them could not be described: without it nobody knows what roles need.
    pub fault: Option<Fault>,
}

/// Describes the secrets of these ARNs, side by side.
pub async fn read(cloud: &Cloud, secrets: BTreeSet<String>) -> OperatorSecrets {
    let asked = secrets.into_iter().map(|secret| async move {
        let answer = encryption_of(cloud, &secret).await;
        (secret, answer)
    });
    let mut known = OperatorSecrets::default();
    for (secret, answer) in join_all(asked).await {
        match answer {
            Ok(Some(encryption)) => {
                if encryption == Encryption::Unknown {
                    known.warnings.push(format!(
                        "{secret} cannot be described from here, so the role that reads it may decrypt that secret by \
                         any key of its account; with secretsmanager:DescribeSecret on it, by its own key only"
                    ));
                }
                known.encryption.insert(secret, encryption);
            }
            Ok(None) => {
                known.warnings.push(format!(
                    "{secret} does not exist: tasks that are given it cannot start"
                ));
                known.absent.insert(secret);
            }
            Err(fault) => known.fault = Some(fault),
        }
    }
    known
}

/// What is asked of the operator's own secrets.
pub(crate) const GRANTS: &[Grant] = &[on(
    &["{operator-secret}"],
    &["secretsmanager:DescribeSecret"],
)];
