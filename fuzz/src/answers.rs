//! AWS's answers: whatever they are, a kind is read or is unread, and a plan can be made and drawn.
//!
//! The first line of the input names the kind; then come the bodies of its answers, in the order of
//! its requests, each after a [`NEXT`]; one that begins with `!` is an error. What is not in the input
//! is an empty answer.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use ajuda::aws::{Cloud, Inputs, lease};
use ajuda::engine::{AnyKind, Graph, observe, plan, plan_destroy};
use ajuda::message::StackOptions;
use ajuda::outputs::outputs;
use ajuda::presets::parse;
use ajuda::render::{self, Detail, Style, json};
use ajuda::resources::KINDS;
use ajuda::stack::Stack;
use ajuda::steps::{Choice, declare};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use tokio::runtime::{Builder, Runtime};

use super::stack_file::place;

/// Stands before every answer: "record separator", which neither JSON nor XML can hold.
pub const NEXT: u8 = 0x1e;

/// The name under which the lease is read.
pub const LEASE: &str = "lease";

/// Gives out the answers of one input.
#[derive(Debug, Clone, Default)]
struct Answers(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl Answers {
    fn prepare(&self, bodies: &[u8]) {
        let bodies = bodies.split(|byte| *byte == NEXT).map(<[u8]>::to_vec);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bodies.skip(1).collect();
    }
}

impl HttpConnector for Answers {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut body = answers.pop_front().unwrap_or_default();
        let status = if body.first() == Some(&b'!') {
            body.remove(0);
            400
        } else {
            200
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            StatusCode::try_from(status).unwrap_or_else(|_| unreachable!("{status} is a status")),
            SdkBody::from(body),
        )))
    }
}

/// What every input is read with.
struct Room {
    runtime: Runtime,
    answers: Answers,
    config: SdkConfig,
    stack: Stack,
    graph: Arc<Graph<Cloud>>,
    /// Each kind alone, so that an input needs no answers for the others.
    kinds: Vec<&'static [&'static dyn AnyKind<Cloud>]>,
}

static ROOM: LazyLock<Room> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("no runtime: {error}"));
    let answers = Answers::default();
    let connector = SharedHttpConnector::new(answers.clone());
    let config = runtime.block_on(
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .test_credentials()
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .load(),
    );
    let source = include_str!("../../deploy.example.toml");
    let stack = parse(source, "deploy.example.toml").unwrap_or_else(|found| panic!("{found}"));
    let graph = Arc::new(declare(&stack, &place(&stack.name), &Choice::default()).graph);
    Room {
        runtime,
        answers,
        config,
        stack,
        graph,
        kinds: KINDS.chunks(1).collect(),
    }
});

/// Answers the requests of one kind with the input, and carries on as `plan`, `destroy` and
/// `outputs` do.
pub fn run(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (name, bodies) = (&data[..end], &data[end + 1..]);
    let kind = ROOM
        .kinds
        .iter()
        .find(|kind| kind[0].name().as_bytes() == name);
    if kind.is_none() && name != LEASE.as_bytes() {
        return;
    }
    ROOM.answers.prepare(bodies);
    let place = place(&ROOM.stack.name);
    let cloud = Arc::new(Cloud::new(
        &ROOM.config,
        place,
        "arn:aws:iam::123456789012:user/a",
        Inputs::default(),
    ));
    match kind {
        Some(kind) => ROOM.runtime.block_on(carry_on(&cloud, kind)),
        None => ROOM.runtime.block_on(leases(&cloud)),
    }
}

async fn carry_on(cloud: &Arc<Cloud>, kind: &'static [&'static dyn AnyKind<Cloud>]) {
    let observed = observe(cloud, &ROOM.graph, kind).await;
    let (stack, place) = (&ROOM.stack, &cloud.place);
    let up = plan(&ROOM.graph, KINDS, &observed);
    let destroy = plan_destroy(&ROOM.graph, KINDS, &observed, |_| false);
    let here = StackOptions::default();
    for plan in [&up, &destroy] {
        drop(render::plan(plan, Detail::Full, &here, Style::PLAIN));
        drop(json::document(
            &json::plan(plan, Vec::new(), &[], &here),
            None,
        ));
    }
    let outputs = outputs(stack, place, &observed.found);
    drop(render::outputs(&outputs, Style::PLAIN));
}

async fn leases(cloud: &Cloud) {
    for standing in lease::list(cloud, lease::Pace::of(1.0))
        .await
        .into_iter()
        .flatten()
    {
        let _ = (standing.since(), standing.expires(), standing.holder.pid());
    }
}
