//! What the file names and the stack does not make, an existing network and a certificate: is it there, and what its
//! key says it is?
//!
//! Everything here would otherwise be found out half-way through `up`: by RDS, by the load balancer, or by a task
//! that cannot reach its registry.

use crate::aws::Cloud;
use crate::engine::Fault;
use crate::stack::{Network, Stack};

mod certificate;
mod network;

/// Something about what the file names that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The place in the file, such as `network.private_subnets[1]`.
    pub place: String,
    /// What is the matter, in a sentence.
    pub message: String,
    /// What would be right.
    pub right: String,
    /// Whether `up` is known to fail with it; otherwise it is to be known.
    pub fails: bool,
}

impl Finding {
    /// Something that `up` is known to fail with.
    fn failure(place: &str, message: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            fails: true,
            ..Self::advice(place, message, right)
        }
    }

    /// Something that is to be known.
    fn advice(place: &str, message: impl Into<String>, right: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            message: message.into(),
            right: right.into(),
            fails: false,
        }
    }
}

/// What could not be checked.
#[derive(Debug)]
pub struct Unchecked {
    /// Of what, in the words of the file: `the network`.
    pub what: &'static str,
    /// The actions that reading it takes.
    pub actions: &'static str,
    /// Why not.
    pub fault: Fault,
}

/// What is to be said of what the file names, in the order of the file, and what of it could not be checked.
///
/// One round trip: four requests for an existing network, more only where a VPC has pages of route tables; one for a
/// certificate. None for what the stack makes itself.
pub async fn check(cloud: &Cloud, stack: &Stack) -> (Vec<Finding>, Vec<Unchecked>) {
    let network = async {
        match &stack.network {
            Network::Own(_) => Ok(Vec::new()),
            Network::Existing {
                vpc,
                public_subnets,
                private_subnets,
            } => network::check(cloud, stack, vpc, public_subnets, private_subnets).await,
        }
    };
    let certificate = async {
        match &stack.domain {
            Some(domain) => certificate::check(cloud, domain).await,
            None => Ok(Vec::new()),
        }
    };
    let (network, certificate) = tokio::join!(network, certificate);
    let mut found = Vec::new();
    let mut unchecked = Vec::new();
    for (checked, what, actions) in [
        (network, "the network", network::ACTIONS),
        (certificate, "the certificate", certificate::ACTIONS),
    ] {
        match checked {
            Ok(findings) => found.extend(findings),
            Err(fault) => unchecked.push(Unchecked {
                what,
                actions,
                fault,
            }),
        }
    }
    (found, unchecked)
}
