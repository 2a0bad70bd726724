//! The root certificates that RDS's servers are verified with.
//!
//! RDS's own roots are in no operating system's store, and nothing can be fetched before a task knows whom it
//! talks to: they travel in its environment. libpq reads certificates from files only, so that whoever
//! connects writes them into one first.

use crate::stack::Stack;

/// The variable that holds the certificates, as PEM.
pub const VARIABLE: &str = "AJUDA_DATABASE_CA";

/// The file that Open WebUI's container writes them into before it starts.
pub const FILE: &str = "/tmp/ajuda-database-ca.pem";

/// Three for each region, RSA 2048, RSA 4096 and ECC 384: which of them has signed a server is the
/// instance's `CACertificateIdentifier`. They end in 2061 at the earliest. They are the roots of AWS's
/// `global-bundle.pem`, the commercial one and GovCloud's; where each was found, and what confirms it, is in
/// docs/dependencies.md. Of China's no second source was found, so that it is not here.
const ROOTS: &[(&str, &str)] = &[
    ("af-south-1", include_str!("rds_ca/af-south-1.pem")),
    ("ap-east-1", include_str!("rds_ca/ap-east-1.pem")),
    ("ap-east-2", include_str!("rds_ca/ap-east-2.pem")),
    ("ap-northeast-1", include_str!("rds_ca/ap-northeast-1.pem")),
    ("ap-northeast-2", include_str!("rds_ca/ap-northeast-2.pem")),
    ("ap-northeast-3", include_str!("rds_ca/ap-northeast-3.pem")),
    ("ap-south-1", include_str!("rds_ca/ap-south-1.pem")),
    ("ap-south-2", include_str!("rds_ca/ap-south-2.pem")),
    ("ap-southeast-1", include_str!("rds_ca/ap-southeast-1.pem")),
    ("ap-southeast-2", include_str!("rds_ca/ap-southeast-2.pem")),
    ("ap-southeast-3", include_str!("rds_ca/ap-southeast-3.pem")),
    ("ap-southeast-4", include_str!("rds_ca/ap-southeast-4.pem")),
    ("ap-southeast-5", include_str!("rds_ca/ap-southeast-5.pem")),
    ("ap-southeast-6", include_str!("rds_ca/ap-southeast-6.pem")),
    ("ap-southeast-7", include_str!("rds_ca/ap-southeast-7.pem")),
    ("ca-central-1", include_str!("rds_ca/ca-central-1.pem")),
    ("ca-west-1", include_str!("rds_ca/ca-west-1.pem")),
    ("eu-central-1", include_str!("rds_ca/eu-central-1.pem")),
    ("eu-central-2", include_str!("rds_ca/eu-central-2.pem")),
    ("eu-north-1", include_str!("rds_ca/eu-north-1.pem")),
    ("eu-south-1", include_str!("rds_ca/eu-south-1.pem")),
    ("eu-south-2", include_str!("rds_ca/eu-south-2.pem")),
    ("eu-west-1", include_str!("rds_ca/eu-west-1.pem")),
    ("eu-west-2", include_str!("rds_ca/eu-west-2.pem")),
    ("eu-west-3", include_str!("rds_ca/eu-west-3.pem")),
    ("il-central-1", include_str!("rds_ca/il-central-1.pem")),
    ("me-central-1", include_str!("rds_ca/me-central-1.pem")),
    ("me-south-1", include_str!("rds_ca/me-south-1.pem")),
    ("mx-central-1", include_str!("rds_ca/mx-central-1.pem")),
    ("sa-east-1", include_str!("rds_ca/sa-east-1.pem")),
    ("us-east-1", include_str!("rds_ca/us-east-1.pem")),
    ("us-east-2", include_str!("rds_ca/us-east-2.pem")),
    ("us-gov-east-1", include_str!("rds_ca/us-gov-east-1.pem")),
    ("us-gov-west-1", include_str!("rds_ca/us-gov-west-1.pem")),
    ("us-west-1", include_str!("rds_ca/us-west-1.pem")),
    ("us-west-2", include_str!("rds_ca/us-west-2.pem")),
];

/// The regions whose roots ajuda carries.
pub fn regions() -> impl Iterator<Item = &'static str> {
    ROOTS.iter().map(|(region, _)| *region)
}

/// RDS's roots in a region, as PEM of 5 KB at most; `None` where ajuda carries none.
pub fn roots(region: &str) -> Option<&'static str> {
    let found = ROOTS.iter().find(|(name, _)| *name == region);
    found.map(|(_, roots)| *roots)
}

/// What the stack's database is verified with in a region: what the file says, or RDS's roots there. `None`
/// without a database, and where nothing could verify it.
pub fn certificates<'s>(stack: &'s Stack, region: &str) -> Option<&'s str> {
    let database = stack.database.as_ref()?;
    let named = database.ca_certificates.as_deref();
    named.or_else(|| roots(region))
}

/// Whether the stack has a database that nothing can verify in a region.
pub fn are_missing(stack: &Stack, region: &str) -> bool {
    stack.database.is_some() && certificates(stack, region).is_none()
}
