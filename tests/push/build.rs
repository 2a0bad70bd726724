//! Builds, with engines that are scripts: what they are asked for, what they are not told, what becomes of
//! what they export.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::binary::{Ended, end, run};
use crate::ground::{BOTH, Ground, Where};
use crate::image::{Image, MANIFEST, digest, noise};
use crate::support::held::until;

/// Writes a program.
pub fn script(path: &Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A directory of programs, with the usual ones that scripts need, and something to build.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        std::fs::create_dir(dir.path().join("app")).unwrap();
        std::fs::write(dir.path().join("app/Dockerfile"), "FROM scratch\n").unwrap();
        for program in ["sh", "cp", "env", "cat"] {
            let real = ["/bin", "/usr/bin"]
                .map(|place| PathBuf::from(place).join(program))
                .into_iter()
                .find(|path| path.exists())
                .unwrap();
            std::os::unix::fs::symlink(real, dir.path().join("bin").join(program)).unwrap();
        }
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// An engine that notes what it is told and then does `act`.
    fn engine(&self, name: &str, act: &str) {
        let notes = self.path("notes");
        let text = format!(
            "(echo \"$0 $*\"; env) >> {}\necho building it\n{act}",
            notes.display()
        );
        script(&self.path("bin").join(name), &text);
    }

    fn notes(&self) -> String {
        std::fs::read_to_string(self.path("notes")).unwrap_or_default()
    }

    fn push(&self, ground: &Ground, words: &[&str]) -> Ended {
        run(ground
            .desk
            .command()
            .env("PATH", self.path("bin"))
            .args(["deploy", "push", "--sandbox"])
            .args(words))
    }

    fn app(&self) -> String {
        self.path("app").display().to_string()
    }

    /// A tar of these files.
    fn tar(&self, files: &[(String, Vec<u8>)]) -> PathBuf {
        let path = self.path("image.tar");
        let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
        for (name, bytes) in files {
            let mut head = tar::Header::new_gnu();
            head.set_size(bytes.len() as u64);
            head.set_mode(0o644);
            tar.append_data(&mut head, name, &bytes[..]).unwrap();
        }
        tar.finish().unwrap();
        path
    }

    /// An OCI layout with one image.
    fn layout(&self, image: &Image) -> PathBuf {
        let blob = |bytes: &Vec<u8>| {
            (
                digest(bytes).replace("sha256:", "blobs/sha256/"),
                bytes.clone(),
            )
        };
        let index = json!({ "schemaVersion": 2, "manifests": [
            { "mediaType": MANIFEST, "digest": image.digest(), "size": image.manifest.len() }
        ] });
        let mut files = vec![
            (
                "oci-layout".to_owned(),
                b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec(),
            ),
            ("index.json".to_owned(), index.to_string().into_bytes()),
            blob(&image.manifest),
            blob(&image.config),
        ];
        files.extend(image.layers.iter().map(blob));
        self.tar(&files)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buildah_builds_for_the_services_architecture_and_never_sees_the_token() {
    for place in BOTH {
        let (ground, bench) = (Ground::new(place).await, Bench::new());
        let image = Image::new(31, "amd64", &[400_000]);
        let tar = bench.layout(&image);
        let act = format!(
            "case $1 in push) cp {} \"${{3#oci-archive:}}\";; esac",
            tar.display()
        );
        bench.engine("buildah", &act);
        let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
        assert_eq!(pushed.code, 0, "{place:?}: {}", pushed.err);
        for said in [
            "building  open-webui for linux/amd64, with buildah",
            "building it",
        ] {
            assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
        }
        assert_eq!(ground.look("manifests/v2").body, image.manifest);
        let notes = bench.notes();
        let options = format!(
            "build --platform linux/amd64 --file {}/Dockerfile",
            bench.app()
        );
        assert!(notes.contains(&options), "{notes}");
        for secret in ["auth-token", "QVdTOj", ".dkr.ecr."] {
            assert!(!notes.contains(secret), "`{secret}` in {notes}");
        }
    }
}

/// What `docker save` of Docker before version 25 writes: plain layers and no layout.
fn old_docker(bench: &Bench, layer: &[u8]) -> PathBuf {
    let config = json!({ "architecture": "amd64", "os": "linux", "rootfs": { "diff_ids": [digest(layer)] } });
    let manifest = json!([{ "Config": "c.json", "RepoTags": null, "Layers": ["1/layer.tar"] }]);
    bench.tar(&[
        ("1/layer.tar".into(), layer.to_vec()),
        ("c.json".into(), config.to_string().into_bytes()),
        ("manifest.json".into(), manifest.to_string().into_bytes()),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn dockers_plain_layers_are_compressed_to_the_same_digest_each_time() {
    let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
    let layer = [noise(7, 100_000), vec![0; 900_000]].concat();
    let tar = old_docker(&bench, &layer);
    let act = format!(
        "case $1 in buildx) exit 1;; save) cp {} \"$3\";; esac",
        tar.display()
    );
    bench.engine("docker", &act);
    let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    let manifest: Value = serde_json::from_slice(&ground.look("manifests/v2").body).unwrap();
    let said = &manifest["layers"][0];
    assert_eq!(
        said["mediaType"],
        "application/vnd.oci.image.layer.v1.tar+gzip"
    );
    let packed = ground
        .look(&format!("blobs/{}", said["digest"].as_str().unwrap()))
        .body;
    assert!(packed.len() < 200_000, "{} bytes", packed.len());
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut GzDecoder::new(&packed[..]), &mut plain).unwrap();
    assert!(plain == layer, "the layer is the same");
    let again = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains("nothing: it was there"), "{}", again.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_builder_of_buildx_that_exports_is_used_before_docker_itself() {
    let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
    let image = Image::new(32, "amd64", &[40_000]);
    let tar = bench.layout(&image);
    let act = format!(
        "case \"$1 $2\" in\n'buildx inspect') echo 'Driver: docker-container';;\n'buildx build') for word in \"$@\"; do case $word in type=oci,dest=*) cp {} \"${{word#type=oci,dest=}}\";; esac; done;;\n*) exit 1;; esac",
        tar.display()
    );
    bench.engine("docker", &act);
    let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    assert!(pushed.err.contains("with buildx"), "{}", pushed.err);
    assert_eq!(ground.look("manifests/v2").body, image.manifest);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_builder_it_says_what_to_install_or_to_copy() {
    let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
    let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
    assert_eq!(pushed.code, 1, "{}", pushed.err);
    for said in [
        "nothing on this machine builds images",
        "apt-get install buildah",
        "--from REF",
    ] {
        assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
    }
    // A client without its server is no builder, and that is said.
    bench.engine(
        "docker",
        "echo 'Cannot connect to the Docker daemon' >&2; exit 1",
    );
    let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
    assert!(
        pushed
            .err
            .contains("docker: Cannot connect to the Docker daemon"),
        "{}",
        pushed.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_ends_with_its_last_words() {
    let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
    bench.engine(
        "buildah",
        "case $1 in build) echo 'no such package' >&2; exit 7;; esac",
    );
    let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
    assert_eq!(pushed.code, 1, "{}", pushed.err);
    for said in [
        "`buildah build` failed",
        "no such package",
        "exit status: 7",
    ] {
        assert!(pushed.err.contains(said), "`{said}` in {}", pushed.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_built_from_the_pinned_commit_and_no_other() {
    let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
    ground.make("bedrock-gateway", Some("open-webui")).await;
    let image = Image::new(33, "amd64", &[40_000]);
    let tar = bench.layout(&image);
    let act = format!(
        "case $1 in push) cp {} \"${{3#oci-archive:}}\";; esac",
        tar.display()
    );
    bench.engine("buildah", &act);
    // A git that brings sources, and says of which commit they are.
    let git = |commit: &str| {
        let text = format!(
            "case \"$*\" in *checkout*) env -i /bin/mkdir -p \"$2/src\"; echo FROM scratch > \"$2/src/Dockerfile_ecs\";; *rev-parse*) echo {commit};; esac"
        );
        let notes = bench.path("notes");
        let text = format!("echo \"$0 $*\" >> {}\n{text}", notes.display());
        script(&bench.path("bin/git"), &text);
    };
    git("0000000000000000000000000000000000000000");
    let pushed = bench.push(&ground, &["--gateway"]);
    assert_eq!(pushed.code, 1, "{}", pushed.err);
    assert!(
        pushed.err.contains("not those of the commit"),
        "{}",
        pushed.err
    );
    git(ajuda::presets::bedrock_gateway::SOURCES.commit);
    let pushed = bench.push(&ground, &["--gateway"]);
    assert_eq!(pushed.code, 0, "{}", pushed.err);
    let tag = ajuda::presets::bedrock_gateway::SOURCES.tag();
    assert!(
        pushed.out.contains(&format!("bedrock-gateway:{tag}")),
        "{}",
        pushed.out
    );
    let notes = bench.notes();
    let fetched = format!(
        "fetch --quiet --depth 1 {} {}",
        ajuda::presets::bedrock_gateway::SOURCES.url,
        ajuda::presets::bedrock_gateway::SOURCES.commit
    );
    assert!(notes.contains(&fetched), "{notes}");
    assert!(notes.contains("/src/Dockerfile_ecs "), "{notes}");
}

/// Ctrl-C and SIGTERM end the engine with all that it started, and at once.
#[tokio::test]
async fn an_interrupted_build_leaves_nothing_running() {
    let ground = Ground::new(Where::Sandbox).await;
    let bench = Bench::new();
    let pid = bench.path("pid");
    // Not the engine itself but something that it has started waits.
    let act = format!(
        "case $1 in build) /bin/sleep 300 & echo $! > {}; wait;; esac",
        pid.display()
    );
    bench.engine("buildah", &act);
    let child = ground
        .desk
        .command()
        .env("PATH", bench.path("bin"))
        .args(["deploy", "push", "--sandbox", "--tag", "v2", &bench.app()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let begun = std::time::Instant::now();
    let started = loop {
        let said = std::fs::read_to_string(&pid).unwrap_or_default();
        if said.ends_with('\n') {
            break said.trim().to_owned();
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(120));
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    let mut kill = std::process::Command::new("kill");
    assert!(kill.arg(child.id().to_string()).status().unwrap().success());
    let ended = end(child);
    assert_eq!(ended.code, 130, "{}", ended.err);
    // A zombie has ended, and waits for whoever reaps orphans here.
    until("the end of what the engine had begun", || {
        let status = std::fs::read_to_string(format!("/proc/{started}/status")).unwrap_or_default();
        !status.contains("State:") || status.contains("State:\tZ")
    });
}

/// With a real git: what is fetched by its commit is checked by git itself.
#[test]
fn sources_come_by_their_commit() {
    let dir = tempfile::tempdir().unwrap();
    let origin = dir.path().join("origin");
    let git = |words: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(&origin).args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
        ]);
        let output = command.args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    std::fs::create_dir_all(origin.join("src")).unwrap();
    std::fs::write(origin.join("src/Dockerfile_ecs"), "FROM scratch\n").unwrap();
    git(&["init", "--quiet"]);
    git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    let commit: &'static str = git(&["rev-parse", "HEAD"]).leak();
    let url: &'static str = origin.display().to_string().leak();
    let pinned = ajuda::presets::Sources {
        url,
        commit,
        ..ajuda::presets::bedrock_gateway::SOURCES
    };
    let (events, _heard) = tokio::sync::mpsc::unbounded_channel();
    let into = tempfile::tempdir().unwrap();
    ajuda::images::checkout(
        &pinned,
        into.path(),
        &events,
        &ajuda::engine::Cancel::default(),
    )
    .unwrap();
    assert!(into.path().join("src/Dockerfile_ecs").is_file());
    let other = ajuda::presets::Sources {
        commit: ajuda::presets::bedrock_gateway::SOURCES.commit,
        ..pinned
    };
    let into = tempfile::tempdir().unwrap();
    let stop = ajuda::images::checkout(
        &other,
        into.path(),
        &events,
        &ajuda::engine::Cancel::default(),
    )
    .unwrap_err();
    assert!(
        stop.message.contains("cannot get the sources of the image"),
        "{stop:?}"
    );
    let hint = stop.hint.unwrap();
    let hint = hint.at(&ajuda::message::StackOptions::default());
    assert!(hint.contains("--dockerfile Dockerfile_ecs"), "{hint}");
}

/// Builders and their errors write what they like.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_builder_says_is_text() {
    use crate::support::terminal::{HOSTILE, on_a_terminal, unruly};
    let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
    std::fs::write(bench.path("said"), format!("{HOSTILE}\n")).unwrap();
    let say = format!("cat {}", bench.path("said").display());
    bench.engine(
        "buildah",
        &format!("{say}; case $1 in build) {say} >&2; exit 7;; esac"),
    );
    let app = bench.app();
    let words = [app.as_str(), "--tag", "v2"];
    let mut command = ground.desk.command();
    command
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", bench.path("bin").display()),
        )
        .args(["deploy", "push", "--sandbox"])
        .args(words);
    for on in [&["stdin", "stdout", "stderr"][..], &["stderr"]] {
        let shown = on_a_terminal(&command, on, &[]);
        assert_eq!(shown.code, 1, "{}", shown.said);
        assert_eq!(unruly(&shown.said), [""; 0], "{:?}", shown.said);
        assert!(shown.said.contains("evil\\x1b]0;owned"), "{}", shown.said);
    }
    let pushed = bench.push(&ground, &words);
    assert_eq!(unruly(&pushed.err), [""; 0], "{:?}", pushed.err);
    let pushed = bench.push(&ground, &[&words[..], &["--output", "json"]].concat());
    assert_eq!(unruly(&(pushed.out + &pushed.err)), [""; 0]);
}

/// Two pushes at once share the engine's store.
#[tokio::test(flavor = "multi_thread")]
async fn two_builds_have_names_of_their_own_which_are_taken_out_again() {
    for (engine, tag, removal) in [
        ("buildah", 7, "rmi localhost/ajuda-push:"),
        ("podman", 7, "rmi --no-prune localhost/ajuda-push:"),
    ] {
        let (ground, bench) = (Ground::new(Where::Sandbox).await, Bench::new());
        // The second one fails in the middle, and leaves no image either.
        bench.engine(engine, "case $1 in push|save) exit 1;; esac");
        for _ in 0..2 {
            let pushed = bench.push(&ground, &[&bench.app(), "--tag", "v2"]);
            assert_eq!(pushed.code, 1, "{}", pushed.err);
        }
        let notes = bench.notes();
        let named = |words: &str, at: usize| -> Vec<String> {
            let lines = notes.lines().filter(|line| line.contains(words));
            lines
                .map(|line| line.split(' ').nth(at).unwrap().to_owned())
                .collect()
        };
        let built = named(" build --platform", tag);
        assert_eq!(built.len(), 2, "{notes}");
        assert!(built[0].starts_with("localhost/ajuda-push:"), "{built:?}");
        assert_ne!(built[0], built[1]);
        let last = removal.split(' ').count();
        assert_eq!(named(removal, last), built, "{notes}");
    }
}
