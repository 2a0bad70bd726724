//! One question to the machine's own resolver: the name servers of a domain (RFC 1035).

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

/// How long a resolver has, and how many of them are asked.
const PATIENCE: Duration = Duration::from_secs(2);
const RESOLVERS: usize = 2;
/// The largest answer without extensions (RFC 1035, 4.2.1).
const LARGEST: usize = 512;
/// The type NS and the class IN.
const NS: u16 = 2;
const IN: u16 = 1;
/// How many labels and pointers a name can have (RFC 1035, 2.3.4: 255 octets).
const MOST_PARTS: usize = 128;

/// What a resolver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// The name servers; none where there is no such domain, or it is not delegated.
    Servers(Vec<String>),
    /// There was no answer, and why.
    Unanswered(String),
}

/// The name servers of a domain. Blocks for some seconds at most.
pub(super) fn name_servers(domain: &str) -> Resolved {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let resolvers = resolvers(&text);
    let mut why = "this machine names none in /etc/resolv.conf".to_owned();
    for resolver in resolvers.into_iter().take(RESOLVERS) {
        match ask(SocketAddr::new(resolver, 53), domain) {
            Ok(servers) => return Resolved::Servers(servers),
            Err(error) => why = format!("{resolver}: {error}"),
        }
    }
    Resolved::Unanswered(why)
}

fn resolvers(text: &str) -> Vec<IpAddr> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver"));
    lines.filter_map(|rest| rest.trim().parse().ok()).collect()
}

fn ask(resolver: SocketAddr, domain: &str) -> Result<Vec<String>, String> {
    let fault = |error: std::io::Error| error.to_string();
    let any = match resolver {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let mut id = [0; 2];
    getrandom::fill(&mut id).map_err(|error| error.to_string())?;
    let question = question(id, domain).ok_or("this is no domain")?;
    let socket = UdpSocket::bind(any).map_err(fault)?;
    socket.connect(resolver).map_err(fault)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(fault)?;
    socket.send(&question).map_err(fault)?;
    let mut answer = [0; LARGEST];
    // What answers another question is passed over, a few times.
    for _ in 0..4 {
        let length = socket.recv(&mut answer).map_err(fault)?;
        if let Some(answer) = answer
            .get(..length)
            .filter(|answer| answer.starts_with(&id))
        {
            return read(answer);
        }
    }
    Err("its answers are not for this question".to_owned())
}

/// A question for the name servers of a domain, recursion desired.
fn question(id: [u8; 2], domain: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![id[0], id[1], 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in domain.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..64).contains(length))?;
        bytes.push(length);
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes.extend(NS.to_be_bytes());
    bytes.extend(IN.to_be_bytes());
    Some(bytes)
}

/// The name servers in an answer; none where the domain is not there.
fn read(answer: &[u8]) -> Result<Vec<String>, String> {
    const BROKEN: &str = "its answer is broken";
    match answer.get(3).map(|flags| flags & 0x0f) {
        Some(0) => {}
        // NXDOMAIN
        Some(3) => return Ok(Vec::new()),
        Some(code) => return Err(format!("it answered with code {code}")),
        None => return Err(BROKEN.to_owned()),
    }
    let (questions, answers) = (word(answer, 4), word(answer, 6));
    let (questions, answers) = questions.zip(answers).ok_or(BROKEN)?;
    let mut at = 12;
    for _ in 0..questions {
        at = name(answer, at).ok_or(BROKEN)?.1 + 4;
    }
    let mut servers = Vec::new();
    for _ in 0..answers {
        let data = name(answer, at).ok_or(BROKEN)?.1;
        let (kind, length) = word(answer, data)
            .zip(word(answer, data + 8))
            .ok_or(BROKEN)?;
        if kind == NS {
            servers.push(name(answer, data + 10).ok_or(BROKEN)?.0);
        }
        at = data + 10 + usize::from(length);
    }
    Ok(servers)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// The name at a place, and where what follows it begins. A pointer leads to a name elsewhere (RFC 1035, 4.1.4).
fn name(bytes: &[u8], start: usize) -> Option<(String, usize)> {
    let (mut at, mut after, mut labels) = (start, None, Vec::new());
    for _ in 0..MOST_PARTS {
        let length = usize::from(*bytes.get(at)?);
        match length {
            0 => return Some((labels.join("."), after.unwrap_or(at + 1))),
            0xc0.. => {
                after = after.or(Some(at + 2));
                at = usize::from(word(bytes, at)? & 0x3fff);
            }
            1..64 => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                labels.push(String::from_utf8_lossy(label).into_owned());
                at += 1 + length;
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::{ask, question, read, resolvers};

    /// An answer to `question` with one name server, whose name points into the question.
    fn answer(question: &[u8]) -> Vec<u8> {
        let mut bytes = question.to_vec();
        bytes[2..4].copy_from_slice(&[0x81, 0x80]);
        bytes[7] = 1;
        bytes.extend([
            0xc0, 12, 0, 2, 0, 1, 0, 0, 0, 60, 0, 5, 2, b'n', b's', 0xc0, 12,
        ]);
        bytes
    }

    #[test]
    fn a_resolver_is_asked_for_name_servers() {
        let resolver = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let place = resolver.local_addr().expect("its address");
        let answers = std::thread::spawn(move || {
            let mut asked = [0; 512];
            let (length, from) = resolver.recv_from(&mut asked).expect("a question");
            let stray = answer(&[&[!asked[0], asked[1]], &asked[2..length]].concat());
            for reply in [stray, answer(&asked[..length])] {
                resolver.send_to(&reply, from).expect("it is sent");
            }
        });
        assert_eq!(
            ask(place, "example.org"),
            Ok(vec!["ns.example.org".to_owned()])
        );
        answers.join().expect("it answered");
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let asked = question([1, 2], "example.org").expect("a domain");
        let good = answer(&asked);
        assert_eq!(read(&good), Ok(vec!["ns.example.org".to_owned()]));
        for (code, reply) in [
            (3, Ok(Vec::new())),
            (2, Err("it answered with code 2".to_owned())),
        ] {
            let mut other = good.clone();
            other[3] = 0x80 | code;
            assert_eq!(read(&other), reply);
        }
        for length in 0..good.len() {
            assert!(read(&good[..length]).is_err(), "{length}");
        }
        // A name that points at itself has no end.
        let at = good.len() - 2;
        let mut circle = good.clone();
        circle[at..].copy_from_slice(&[0xc0, u8::try_from(at).expect("small")]);
        assert!(read(&circle).is_err());
        assert_eq!(question([0, 0], "a..b"), None);
    }

    #[test]
    fn the_resolvers_of_the_machine_are_read() {
        let text = "# made\nsearch example.org\nnameserver 10.0.0.2\nnameserver  fd00::53\nnameserver nothing\n";
        let all: Vec<String> = resolvers(text).iter().map(ToString::to_string).collect();
        assert_eq!(all, ["10.0.0.2", "fd00::53"]);
    }
}
