//! The seeds of `answers`: what AWS, as the sandbox has it, says of a stack that is up.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use ajuda::aws::{Cloud, Inputs, Place, lease};
use ajuda::engine::observe;
use ajuda::resources::KINDS;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};

use crate::support::sandbox::Sandbox;
