//! The sandbox's control interface: a few words of HTTP to this machine, no more.
//!
//! Whoever holds the port may not be the sandbox that the state file tells of. So it proves first, on
//! the very connection, that it knows the token; only then is the token sent.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use aws_sigv4::sign::v4::calculate_signature;
use serde::Deserialize;
use serde_json::Value;

const CONNECT: Duration = Duration::from_secs(5);
/// A busy machine answers late.
const PROOF: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(120);

/// Of one line of an answer's head, of the whole of a proof and of an answer.
const LINE: u64 = 8 << 10;
const LINES: usize = 100;
const SHORT: usize = 4 << 10;
const LONG: usize = 256 << 20;

/// Talks to a running sandbox.
#[derive(Clone, PartialEq)]
pub struct Control {
    port: u16,
    pid: u32,
    token: String,
}

/// The token is not told.
impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("port", &self.port)
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Proof {
    pid: u32,
    proof: String,
}

impl Control {
    /// `None` unless the URL is `http://127.0.0.1:PORT` and the token hexadecimal.
    pub(super) fn new(url: &str, pid: u32, token: String) -> Option<Self> {
        let port = url.strip_prefix("http://127.0.0.1:")?.parse().ok()?;
        let hexadecimal = token.len() >= 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let new = Self { port, pid, token };
        (hexadecimal && url == new.url()).then_some(new)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks for `path` below `/_sandbox/`.
    ///
    /// # Errors
    /// When it does not answer, is not the sandbox, or does not answer with success.
    pub fn get(&self, path: &str) -> io::Result<Value> {
        self.call("GET", path, "")
    }

    /// Sends `body` to `path` below `/_sandbox/`.
    ///
    /// # Errors
    /// As [`Control::get`].
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Value> {
        self.call("POST", path, &body.to_string())
    }

    /// Deletes what `path` below `/_sandbox/` names.
    ///
    /// # Errors
    /// As [`Control::get`].
    pub fn delete(&self, path: &str) -> io::Result<Value> {
        self.call("DELETE", path, "")
    }

    /// Whether anything listens at its port.
    pub(super) fn is_open(&self) -> bool {
        Line::open(self.port).is_ok()
    }

    fn call(&self, method: &str, path: &str, body: &str) -> io::Result<Value> {
        let mut line = Line::open(self.port)?;
        self.prove(&mut line)?;
        line.timeout(ANSWER)?;
        let (status, answer) = line.ask(method, path, Some(&self.token), body, LONG)?;
        if status != 200 {
            return Err(io::Error::other(format!(
                "the sandbox answered {status}: {}",
                String::from_utf8_lossy(&answer)
            )));
        }
        Ok(serde_json::from_slice(&answer).unwrap_or(Value::Null))
    }

    /// Lets the other end prove that it is the sandbox: it says what can be said to this nonce, at this
    /// address and by this process, with the token alone (HMAC-SHA256). One that hands the question on
    /// to a sandbox at another address gets another answer.
    fn prove(&self, line: &mut Line) -> io::Result<()> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)
            .map_err(|_| io::Error::other("the operating system gives no randomness"))?;
        let nonce: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let proven = format!("ajuda sandbox\n{}\n{}\n{nonce}", self.url(), self.pid);
        let expected = calculate_signature(&self.token, proven.as_bytes());
        line.timeout(PROOF)?;
        let path = format!("prove?nonce={nonce}");
        let (_, answer) = line.ask("GET", &path, None, "", SHORT)?;
        match serde_json::from_slice::<Proof>(&answer) {
            Ok(proof) if proof.pid == self.pid && proof.proof == expected => Ok(()),
            _ => Err(io::Error::other(format!(
                "what answers at {} is not the sandbox",
                self.url()
            ))),
        }
    }
}

/// One connection, for several questions.
struct Line {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Line {
    fn open(port: u16) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect_timeout(&address, CONNECT)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: address.to_string(),
        })
    }

    fn timeout(&self, most: Duration) -> io::Result<()> {
        self.stream.get_ref().set_read_timeout(Some(most))
    }

    /// The status and the body of an answer of at most `most` bytes.
    fn ask(
        &mut self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
        most: usize,
    ) -> io::Result<(u16, Vec<u8>)> {
        let who = token.map_or_else(String::new, |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let request = format!(
            "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {}\r\n{who}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let first = self.line()?;
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("what answers speaks no HTTP"))?;
        let mut length = 0;
        for _ in 0..LINES {
            let line = self.line()?;
            if line.is_empty() {
                if length > most {
                    return Err(io::Error::other("the answer is too long"));
                }
                let mut answer = vec![0; length];
                self.stream.read_exact(&mut answer)?;
                return Ok((status, answer));
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        Err(io::Error::other("the answer's head is too long"))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.by_ref().take(LINE).read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}
