//! The sandbox's control interface: a few words of HTTP to this machine, no more.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Talks to a running sandbox.
#[derive(Debug, Clone)]
pub struct Control {
    host: String,
}

impl Control {
    pub(super) fn new(url: &str) -> Self {
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        Self {
            host: host.to_owned(),
        }
    }

    /// Asks for `path` below `/_sandbox/`.
    ///
    /// # Errors
    /// When it does not answer, or not with success.
    pub fn get(&self, path: &str) -> io::Result<Value> {
        self.call("GET", path, "")
    }

    /// Sends `body` to `path` below `/_sandbox/`.
    ///
    /// # Errors
    /// When it does not answer, or not with success.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Value> {
        self.call("POST", path, &body.to_string())
    }

    /// Deletes what `path` below `/_sandbox/` names.
    ///
    /// # Errors
    /// When it does not answer, or not with success.
    pub fn delete(&self, path: &str) -> io::Result<Value> {
        self.call("DELETE", path, "")
    }

    fn call(&self, method: &str, path: &str, body: &str) -> io::Result<Value> {
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "{method} /_sandbox/{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.host,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| io::Error::other("the sandbox sent no answer"))?;
        let status = head.lines().next().unwrap_or_default();
        if !status.contains(" 200") {
            return Err(io::Error::other(format!(
                "the sandbox answered {status}: {body}"
            )));
        }
        Ok(serde_json::from_str(body).unwrap_or(Value::Null))
    }
}
