//! Connections that break in the middle of a layer, on either side.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::binary::{begin, end};
use crate::ground::{BOTH, Ground, Where, count};
use crate::image::Image;

/// A proxy in front of `host` that breaks the first `times` answers longer than `most` bytes.
fn cutting(host: &str, most: usize, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let host = host.to_owned();
    let left = Arc::new(AtomicUsize::new(times));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(&host)) else {
                return;
            };
            let (mut asks, mut sent) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut asks, &mut sent));
            let left = Arc::clone(&left);
            std::thread::spawn(move || answer(server, client, most, &left));
        }
    });
    address
}

fn answer(mut server: TcpStream, mut client: TcpStream, most: usize, left: &AtomicUsize) {
    let mut part = [0; 8192];
    let mut moved = 0;
    while let Ok(read @ 1..) = server.read(&mut part) {
        moved += read;
        let spend = |left: usize| left.checked_sub(1);
        if moved > most
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend)
                .is_ok()
        {
            let _ = client.shutdown(std::net::Shutdown::Both);
            return;
        }
        if client.write_all(&part[..read]).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_breaks_off_once_costs_one_layer_begun_again() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let image = Image::new(11, "amd64", &[2_000_000, 800]);
        image.put(&ground.source, "app", "v2");
        let proxy = cutting(&ground.source.host, 500_000, 1);
        let pushed = ground.from(&proxy, "v2", &[]);
        assert_eq!(pushed.code, 0, "{place:?}: {}", pushed.err);
        assert_eq!(pushed.err.matches("retrying").count(), 1, "{}", pushed.err);
        assert_eq!(ground.look("manifests/v2").body, image.manifest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_cut_goes_on_where_it_was() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let image = Image::new(12, "amd64", &[2_000_000, 800, 900]);
        image.put(&ground.source, "app", "v2");
        let proxy = cutting(&ground.source.host, 500_000, usize::MAX);
        let pushed = ground.from(&proxy, "v2", &[]);
        assert_eq!(pushed.code, 1, "{place:?}: {}", pushed.err);
        for said in ["the copy broke off", "run it again"] {
            assert!(pushed.err.contains(said), "{}", pushed.err);
        }
        assert_eq!(
            ground.look("manifests/v2").status,
            404,
            "no tag before its layers"
        );
        ground.wire();
        let again = ground.from(&ground.source.host, "v2", &[]);
        assert_eq!(again.code, 0, "{}", again.err);
        assert!(again.out.contains("1 blob, 2.0 MB"), "{}", again.out);
        assert_eq!(again.err.matches("there ").count(), 3, "{}", again.err);
        assert_eq!(ground.look("manifests/v2").body, image.manifest);
        if place == Where::Sandbox {
            assert_eq!(count(&ground.wire(), "InitiateLayerUpload"), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_breaks_off_gets_the_layer_again() {
    for action in ["cut-before", "cut-after", "error500"] {
        let ground = Ground::new(Where::Sandbox).await;
        let image = Image::new(13, "amd64", &[2_000_000]);
        image.put(&ground.source, "app", "v2");
        ground.faults(json!([
            { "service": "ecr", "operation": "CompleteLayerUpload", "nth": 1, "action": action },
            { "service": "ecr", "operation": "PutImage", "nth": 1, "action": action },
        ]));
        let pushed = ground.from(&ground.source.host, "v2", &[]);
        assert_eq!(pushed.code, 0, "{action}: {}", pushed.err);
        assert_eq!(pushed.err.matches("retrying").count(), 1, "{}", pushed.err);
        assert_eq!(ground.look("manifests/v2").body, image.manifest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_push_says_that_it_goes_on() {
    let ground = Ground::new(Where::Sandbox).await;
    let image = Image::new(14, "amd64", &[2_000_000]);
    image.put(&ground.source, "app", "v2");
    ground.faults(
        json!([{ "service": "ecr", "operation": "CompleteLayerUpload", "action": "hold-before" }]),
    );
    let reference = format!("{}/app:v2", ground.source.host);
    let child = begin(&ground.desk, &["push", "--from", &reference]);
    let begun = std::time::Instant::now();
    while count(&ground.wire(), "CompleteLayerUpload") == 0 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(120));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let killed = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(killed.unwrap().success());
    let ended = end(child);
    assert_eq!(ended.code, 130, "{}", ended.err);
    assert!(ended.err.contains("run it again"), "{}", ended.err);
    ground.faults(json!([]));
    assert_eq!(ground.from(&ground.source.host, "v2", &[]).code, 0);
    assert_eq!(ground.look("manifests/v2").body, image.manifest);
}
