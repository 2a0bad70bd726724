//! A real OCI registry: Debian's `docker-registry`, on a free port, with a directory of its own.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The user and password that the sandbox's ECR hands out, as `htpasswd -B` writes them.
const HTPASSWD: &str = "AWS:$2b$04$OmeZd5DT8EC6sRbVlsN.OuW4DhNmcoHLvE1Vkpqyu8aPrtrW0U9va\n";
/// The same as a request says it.
pub const AUTHORIZATION: &str = "Basic QVdTOjEyMzQ1Njc4OTAxMi1hdXRoLXRva2Vu";

/// The header by which a registry is told from others.
const OWN: &str = "X-Ajuda-Test";

/// A running registry; ends with the value.
pub struct Registry {
    pub host: String,
    pub authorization: Option<&'static str>,
    child: Child,
    dir: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (said, value) = line.split_once(": ")?;
            said.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Registry {
    /// One that anybody may use.
    pub fn open() -> Self {
        Self::start(false)
    }

    /// One that asks for what the sandbox's ECR hands out.
    pub fn closed() -> Self {
        Self::start(true)
    }

    /// A free port may be somebody else's before the registry has it: then it ends, and another one is tried.
    fn start(closed: bool) -> Self {
        const TRIES: u32 = 10;
        let mut tries = (0..TRIES).filter_map(|_| Self::try_start(closed));
        tries.next().expect("the registry did not start")
    }

    fn try_start(closed: bool) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let host = format!("127.0.0.1:{port}");
        let password = dir.path().join("htpasswd");
        std::fs::write(&password, HTPASSWD).unwrap();
        let auth = if closed {
            format!(
                "auth:\n  htpasswd:\n    realm: test\n    path: {}\n",
                password.display()
            )
        } else {
            String::new()
        };
        let config = dir.path().join("config.yml");
        // By its directory it is told from any other that answers at that port.
        let own = dir.path().display().to_string();
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: {host}\n  headers:\n    {OWN}: [{own}]\n{auth}",
            dir.path().join("data").display()
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a real registry is needed: `apt-get install docker-registry`");
        let mut registry = Self {
            host,
            authorization: closed.then_some(AUTHORIZATION),
            child,
            dir,
        };
        let begun = Instant::now();
        loop {
            let answer = asked(&registry.host, None, "GET", "/v2/", "", b"");
            if answer.is_ok_and(|answer| answer.header(OWN) == Some(&own)) {
                return Some(registry);
            }
            if registry.child.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the registry did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The file that a blob is in.
    pub fn blob_file(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        self.dir
            .path()
            .join("data/docker/registry/v2/blobs/sha256")
            .join(&hex[..2])
            .join(hex)
            .join("data")
    }

    pub fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        ask(&self.host, self.authorization, method, path, kind, body)
    }
}

/// One request of HTTP.
pub fn ask(
    host: &str,
    authorization: Option<&str>,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> Answer {
    asked(host, authorization, method, path, kind, body).unwrap()
}

/// The same of whoever may not be there.
fn asked(
    host: &str,
    authorization: Option<&str>,
    method: &str,
    path: &str,
    kind: &str,
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let who = authorization.map_or_else(String::new, |value| format!("Authorization: {value}\r\n"));
    let accept =
        "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{who}Accept: {accept}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let no_http = || io::Error::other(format!("no HTTP: {}", String::from_utf8_lossy(&answer)));
    let mut parts = answer.windows(4);
    let end = parts
        .position(|four| four == b"\r\n\r\n")
        .ok_or_else(no_http)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.ok_or_else(no_http)?,
        body: answer[end + 4..].to_vec(),
        head,
    })
}
