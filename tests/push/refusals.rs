//! What is refused, and what is said then.

use serde_json::json;

use crate::binary::run;
use crate::ground::{BOTH, Ground, Where, count};
use crate::image::{Image, put_index};

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_names_another_image_does_not_move() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let (first, second) = (
            Image::new(21, "amd64", &[900]),
            Image::new(22, "amd64", &[800]),
        );
        first.put(&ground.source, "app", "v2");
        second.put(&ground.source, "app", "other");
        assert_eq!(ground.from(&ground.source.host, "v2", &[]).code, 0);
        ground.wire();
        let pushed = ground.from(&ground.source.host, "other", &["--tag", "v2"]);
        assert_eq!(pushed.code, 3, "{place:?}: {}", pushed.err);
        for said in [
            "`v2` is another image in ajuda-digital already",
            &first.digest(),
            &second.digest(),
            "choose another with --tag",
        ] {
            assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
        }
        assert_eq!(ground.look("manifests/v2").body, first.manifest);
        assert_eq!(
            count(&ground.wire(), "InitiateLayerUpload"),
            0,
            "nothing was sent"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_its_service_cannot_run_is_not_pushed() {
    let ground = Ground::new(Where::Sandbox).await;
    let arm = Image::new(23, "arm64", &[900]);
    put_index(&ground.source, "app", "v2", &[&arm]);
    arm.put(&ground.source, "app", "v3");
    for version in ["v2", "v3"] {
        let pushed = ground.from(&ground.source.host, version, &[]);
        assert_eq!(pushed.code, 3, "{}", pushed.err);
        assert!(
            pushed.err.contains("open-webui runs on linux/amd64")
                && pushed.err.contains("linux/arm64"),
            "{}",
            pushed.err
        );
        let pushed = ground.from(&ground.source.host, version, &["--arch", "amd64"]);
        assert_eq!(pushed.code, 1, "{}", pushed.err);
        assert!(
            pushed.err.contains("has no image for linux/amd64"),
            "{}",
            pushed.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named() {
    let ground = Ground::new(Where::Sandbox).await;
    let host = ground.source.host.clone();
    let push = |words: &[&str]| ground.push(words);
    let missing = format!("{host}/nobody/knows:v2");
    for (words, code, said) in [
        (
            vec!["--from", missing.as_str()],
            1,
            "nobody/knows:v2 is not there",
        ),
        (vec!["--from", "127.0.0.1:1/app:v2"], 1, "cannot be reached"),
        (
            vec!["--from", "Not An Image", "--tag", "v2"],
            1,
            "is not an image",
        ),
        (
            vec!["--from", &missing, "--service", "nope"],
            1,
            "the file has bedrock-gateway, open-webui",
        ),
        (vec!["--from", &missing, "--tag", "a/b"], 1, "is not a tag"),
        (
            vec!["--tag", "v2", "nowhere"],
            1,
            "there is no nowhere/Dockerfile",
        ),
        (vec!["."], 1, "no tag given"),
        (
            vec!["--from", &missing, "--service", "bedrock-gateway"],
            1,
            "`ajuda deploy up --sandbox` makes it",
        ),
    ] {
        let pushed = push(&words);
        assert_eq!(pushed.code, code, "{words:?}: {}", pushed.err);
        assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_stacks_own_repository_is_written_to() {
    let ground = Ground::new(Where::Sandbox).await;
    let image = Image::new(24, "amd64", &[900]);
    image.put(&ground.source, "app", "v2");
    ground.make("bedrock-gateway", Some("another")).await;
    let words = ["--service", "bedrock-gateway"];
    let pushed = ground.from(&ground.source.host, "v2", &words);
    assert_eq!(pushed.code, 3, "{}", pushed.err);
    assert!(
        pushed.err.contains("belongs to stack another"),
        "{}",
        pushed.err
    );
    let wire = ground.wire();
    assert_eq!(count(&wire, "GetAuthorizationToken"), 0, "{wire:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing_is_told_in_ecrs_words() {
    let ground = Ground::new(Where::Sandbox).await;
    let image = Image::new(25, "amd64", &[900]);
    image.put(&ground.source, "app", "v2");
    for (operation, said) in [
        ("GetAuthorizationToken", "cannot sign in to ECR"),
        ("InitiateLayerUpload", "cannot push to ajuda-digital"),
        ("PutImage", "cannot push to ajuda-digital"),
    ] {
        ground.faults(json!([{ "service": "ecr", "operation": operation, "action": "deny" }]));
        let pushed = ground.from(&ground.source.host, "v2", &[]);
        assert_eq!(pushed.code, 6, "{}", pushed.err);
        assert!(pushed.err.contains(said), "{}", pushed.err);
        let action = format!("is not authorized to perform: ecr:{operation}");
        assert!(pushed.err.contains(&action), "{}", pushed.err);
        assert!(!pushed.err.contains("retrying"), "{}", pushed.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_asks_who_is_there_gets_the_operators_credentials() {
    let ground = Ground::new(Where::Sandbox).await;
    let closed = crate::registry::Registry::closed();
    let image = Image::new(26, "amd64", &[900]);
    image.put(&closed, "app", "v2");
    let pushed = ground.from(&closed.host, "v2", &[]);
    assert_eq!(pushed.code, 1, "{}", pushed.err);
    assert!(
        pushed.err.contains("cannot be read") && pushed.err.contains("docker login"),
        "{}",
        pushed.err
    );
    // Written in the configuration, and from a helper.
    let dir = tempfile::tempdir().unwrap();
    let auth = crate::registry::AUTHORIZATION
        .strip_prefix("Basic ")
        .unwrap();
    let helper = dir.path().join("docker-credential-test");
    crate::build::script(
        &helper,
        "read server; echo '{\"Username\":\"AWS\",\"Secret\":\"123456789012-auth-token\"}'",
    );
    let host = closed.host.as_str();
    for (config, tag) in [
        (json!({ "auths": { host: { "auth": auth } } }), "v2"),
        (json!({ "credHelpers": { host: "test" } }), "v3"),
    ] {
        std::fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
        let path = format!(
            "{}:{}",
            dir.path().display(),
            std::env::var("PATH").unwrap()
        );
        let pushed = run(ground
            .desk
            .command()
            .env("DOCKER_CONFIG", dir.path())
            .env("PATH", path)
            .args([
                "deploy",
                "push",
                "--sandbox",
                "--from",
                &format!("{host}/app:v2"),
                "--tag",
                tag,
            ]));
        assert_eq!(pushed.code, 0, "{config}: {}", pushed.err);
    }
}
