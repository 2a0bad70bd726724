//! The certificate authorities that the operator's network adds: `AWS_CA_BUNDLE`, or `ca_bundle` of the
//! profile ("General configuration settings", AWS SDKs and Tools reference).

use std::fmt;
use std::sync::Arc;

use aws_config::profile::ProfileSet;
use reqwest::Certificate;

use crate::engine::{Class, Fault};

/// A file of PEM certificates, known to be right.
#[derive(Clone)]
pub struct CaBundle {
    pem: Arc<[u8]>,
    certificates: Arc<[Certificate]>,
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaBundle({} certificates)", self.certificates.len())
    }
}

impl CaBundle {
    /// The bundle that the environment names, else the one of the selected profile; `None` where nothing
    /// names one.
    ///
    /// # Errors
    /// The file cannot be read, or has no certificate, or one that is broken.
    pub fn find(profiles: Option<&ProfileSet>) -> Result<Option<Self>, Fault> {
        let variable = std::env::var("AWS_CA_BUNDLE").ok();
        let variable = variable.filter(|path| !path.is_empty());
        let of_profile = || profiles?.get("ca_bundle").filter(|path| !path.is_empty());
        match (variable, of_profile()) {
            (Some(path), _) => Self::read(&path, "AWS_CA_BUNDLE").map(Some),
            (None, Some(path)) => Self::read(path, "`ca_bundle` of the profile").map(Some),
            (None, None) => Ok(None),
        }
    }

    fn read(path: &str, named_by: &str) -> Result<Self, Fault> {
        let wrong = |why: String| {
            let message = format!("{path}, the file that {named_by} names, {why}");
            Fault::new("certificates", Class::Invalid, message).hint(
                "it is a file of certificate authorities in PEM: `-----BEGIN CERTIFICATE-----` and so on",
            )
        };
        let pem = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let certificates = Certificate::from_pem_bundle(&pem)
            .map_err(|_| wrong("has a certificate that is not PEM".to_owned()))?;
        if certificates.is_empty() {
            return Err(wrong("has no certificate".to_owned()));
        }
        // What a client cannot trust is found here: the SDK's own client would break on it.
        reqwest::Client::builder()
            .tls_certs_only(certificates.clone())
            .build()
            .map_err(|_| wrong("has a certificate that cannot be used".to_owned()))?;
        Ok(Self {
            pem: pem.into(),
            certificates: certificates.into(),
        })
    }

    /// Its text.
    pub(super) fn pem(&self) -> &[u8] {
        &self.pem
    }

    /// Its certificates, for a client that speaks to others than AWS.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.certificates.to_vec()
    }
}
