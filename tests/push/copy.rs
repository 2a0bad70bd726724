//! Copies from another registry, without an engine.

use crate::ground::{BOTH, Ground, Where, count};
use crate::image::{Image, digest, noise, put_index};

#[tokio::test(flavor = "multi_thread")]
async fn one_architecture_is_copied_once_and_keeps_its_digest() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let image = Image::new(1, "amd64", &[3_000_000, 70]);
        image.put(&ground.source, "app", "v2");
        let pushed = ground.from(&ground.source.host, "v2", &[]);
        assert_eq!(pushed.code, 0, "{place:?}: {}", pushed.err);
        assert!(pushed.out.contains(&image.digest()), "{}", pushed.out);
        assert!(pushed.out.contains("3 blobs, 3.0 MB"), "{}", pushed.out);
        for said in [
            "found",
            "copying",
            "copied",
            "linux/amd64",
            "up --sandbox --image open-webui=v2",
        ] {
            assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
        }
        let there = ground.look("manifests/v2");
        assert_eq!(there.body, image.manifest, "{place:?}: {}", there.head);
        for layer in &image.layers {
            assert!(ground.look(&format!("blobs/{}", digest(layer))).body == *layer);
        }
        let again = ground.from(&ground.source.host, "v2", &["--output", "json"]);
        assert_eq!(again.code, 0, "{}", again.err);
        let said: serde_json::Value = serde_json::from_str(&again.out).unwrap();
        assert_eq!(said["already"], true, "{said}");
        assert_eq!(said["digest"], image.digest());
        assert_eq!(said["sent"], 0);
        assert_eq!(said["format_version"], 4);
    }
}

/// Repositories with almost the same name, of nobody and of another stack.
#[tokio::test(flavor = "multi_thread")]
async fn repositories_of_others_are_left_alone() {
    let ground = Ground::new(Where::Sandbox).await;
    ground.make("ajuda-digital-2", None).await;
    ground.make("ajuda-digita", Some("open-webui-2")).await;
    let image = Image::new(3, "amd64", &[5_000]);
    image.put(&ground.source, "app", "v2");
    // What is the stack's own comes and goes; a name of others only begins like it.
    let ours = |name: &str| {
        let rest = name.strip_prefix("ajuda-digital");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@', '/', ' ']))
    };
    let others = || {
        let mut all = ground.desk.sandbox.inventory();
        for kinds in all.as_object_mut().unwrap().values_mut() {
            for objects in kinds.as_object_mut().unwrap().values_mut() {
                objects
                    .as_object_mut()
                    .unwrap()
                    .retain(|name, _| !ours(name));
            }
        }
        assert!(all["ecr"]["repositories"].as_object().unwrap().len() >= 2);
        all
    };
    // The first command makes the zone and the images that the file takes for granted.
    ground.desk.deploy(&["plan"]);
    let before = others();
    assert_eq!(ground.from(&ground.source.host, "v2", &[]).code, 0);
    let after = others();
    for (service, kinds) in before.as_object().unwrap() {
        assert_eq!(&after[service], kinds, "{service}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_to_the_sandbox_is_there_for_ecr() {
    let ground = Ground::new(Where::Sandbox).await;
    let image = Image::new(2, "amd64", &[5_000]);
    image.put(&ground.source, "app", "v2");
    assert_eq!(ground.from(&ground.source.host, "v2", &[]).code, 0);
    let cloud = ground.desk.sandbox.cloud("open-webui").await;
    let found = cloud
        .ecr
        .describe_images()
        .repository_name("ajuda-digital")
        .image_ids(
            aws_sdk_ecr::types::ImageIdentifier::builder()
                .image_tag("v2")
                .build(),
        )
        .send()
        .await
        .unwrap();
    let found = &found.image_details()[0];
    assert_eq!(found.image_digest(), Some(image.digest().as_str()));
    assert_eq!(found.image_size_in_bytes(), Some(5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_architectures_keep_the_digest_of_their_index() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let (amd, arm) = (
            Image::new(3, "amd64", &[2_000]),
            Image::new(4, "arm64", &[3_000]),
        );
        let index = put_index(&ground.source, "app", "v2", &[&amd, &arm]);
        let pushed = ground.from(&ground.source.host, "v2", &["--all-platforms"]);
        assert_eq!(pushed.code, 0, "{place:?}: {}", pushed.err);
        assert!(pushed.out.contains(&digest(&index)), "{}", pushed.out);
        assert!(
            pushed.out.contains("linux/amd64, linux/arm64"),
            "{}",
            pushed.out
        );
        assert_eq!(ground.look("manifests/v2").body, index);
        for image in [&amd, &arm] {
            let there = ground.look(&format!("manifests/{}", image.digest()));
            assert_eq!(there.body, image.manifest);
        }
        // By its digest, under another name: not a byte moves again.
        let words = ["--tag", "v3", "--all-platforms"];
        let other = ground.from(&ground.source.host, &digest(&index), &words);
        assert_eq!(other.code, 0, "{}", other.err);
        assert!(other.out.contains("0 blobs"), "{}", other.out);
        assert_eq!(ground.look("manifests/v3").body, index);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_architecture_of_many() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let (amd, arm) = (
            Image::new(5, "amd64", &[2_000]),
            Image::new(6, "arm64", &[3_000]),
        );
        put_index(&ground.source, "app", "v2", &[&amd, &arm]);
        // The one that the service runs on.
        let pushed = ground.from(&ground.source.host, "v2", &[]);
        assert_eq!(pushed.code, 0, "{place:?}: {}", pushed.err);
        assert!(pushed.out.contains("2 blobs, 2.0 kB"), "{}", pushed.out);
        assert_eq!(ground.look("manifests/v2").body, amd.manifest);
        assert_eq!(
            ground.look(&format!("manifests/{}", arm.digest())).status,
            404
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_source_hands_out_is_checked() {
    for place in BOTH {
        let ground = Ground::new(place).await;
        let image = Image::new(7, "amd64", &[200_000, 90]);
        image.put(&ground.source, "app", "v2");
        let layer = digest(&image.layers[0]);
        std::fs::write(ground.source.blob_file(&layer), noise(999, 200_000)).unwrap();
        let pushed = ground.from(&ground.source.host, "v2", &[]);
        assert_eq!(pushed.code, 1, "{place:?}: {}", pushed.err);
        assert!(
            pushed.err.contains("is not what its digest says"),
            "{}",
            pushed.err
        );
        assert!(pushed.err.contains(&layer), "{}", pushed.err);
        assert_eq!(
            ground.look("manifests/v2").status,
            404,
            "the tag is not there"
        );
        assert_eq!(ground.look(&format!("blobs/{layer}")).status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_for_the_repository_alone() {
    let ground = Ground::new(Where::Sandbox).await;
    let image = Image::new(8, "amd64", &[500]);
    image.put(&ground.source, "app", "v2");
    let pushed = ground.from(&ground.source.host, "v2", &[]);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    assert!(!pushed.err.contains("auth-token") && !pushed.out.contains("auth-token"));
    let wire = ground.wire();
    assert_eq!(
        count(&wire, "InitiateLayerUpload ajuda-digital"),
        2,
        "{wire:#?}"
    );
    assert_eq!(count(&wire, "PutImage ajuda-digital/v2"), 1, "{wire:#?}");
}

/// Each of the three blobs is asked for once and sent in two requests; what is there already is asked for alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_asks_aws_for_little() {
    let ground = Ground::new(Where::Sandbox).await;
    ground.desk.deploy(&["plan"]);
    let image = Image::new(9, "amd64", &[5_000, 70]);
    image.put(&ground.source, "app", "v2");
    ground.wire();
    assert_eq!(ground.from(&ground.source.host, "v2", &[]).code, 0);
    let said = ground.wire();
    assert!(said.len() <= 18, "{}: {said:#?}", said.len());
    assert_eq!(ground.from(&ground.source.host, "v2", &[]).code, 0);
    let again = ground.wire();
    assert!(again.len() <= 7, "{}: {again:#?}", again.len());
}
