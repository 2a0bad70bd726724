//! `egress`: where tasks may connect to beyond what the workload needs.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::ip_range::range;
use super::model::{Egress, Protocol};
use super::read::Table;
use super::value_error::ValueError;

const EXAMPLE: &str =
    "must look like `0.0.0.0/0:587`, `10.0.0.0/8:8000-8080` or `10.0.0.2/32:53/udp`";

/// The key `egress` of a table; `None` when it is absent.
pub(crate) fn read(table: &mut Table<'_>) -> Option<Vec<Egress>> {
    let mut list = table.parsed_list("egress", target)?;
    list.sort_unstable();
    list.dedup();
    Some(list)
}

fn target(text: &str) -> Result<Egress, ValueError> {
    if text == "anywhere" {
        return Ok(Egress::Anywhere);
    }
    if text.starts_with('[') || text.matches(':').count() > 1 {
        return Err(ValueError::new(
            "names an IPv6 range",
            "only IPv4 ranges can be written here",
        ));
    }
    let Some((addresses, rest)) = text.split_once(':') else {
        return Err(match range(text) {
            Ok(_) => ValueError::new("names no port", EXAMPLE).hint(format!(
                "write \"{text}:443\"; \"anywhere\" is every address and port"
            )),
            Err(_) => ValueError::new("is not a range with a port", EXAMPLE)
                .hint("\"anywhere\" is every address and port"),
        });
    };
    let range = range(addresses).map_err(|wrong| {
        let right = match (addresses.parse::<Ipv4Net>(), addresses.parse::<Ipv4Addr>()) {
            (Ok(net), _) => net.trunc(),
            (_, Ok(address)) => Ipv4Net::from(address),
            _ => return wrong,
        };
        wrong.hint(format!("write \"{right}:{rest}\""))
    })?;
    let (ports, protocol) = match rest.split_once('/') {
        None | Some((_, "tcp")) => (rest.trim_end_matches("/tcp"), Protocol::Tcp),
        Some((ports, "udp")) => (ports, Protocol::Udp),
        Some(_) => {
            return Err(ValueError::new(
                "has an unknown protocol",
                "must be `tcp` or `udp`",
            ));
        }
    };
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    match (port(from), port(to)) {
        (Some(from), Some(to)) if from <= to => Ok(Egress::To {
            range,
            protocol,
            from,
            to,
        }),
        (Some(_), Some(_)) => Err(ValueError::new(
            "has a range of ports that ends before it begins",
            format!("write {to}-{from}"),
        )),
        _ => Err(ValueError::new(
            "has a port that is not one",
            "must be 1 to 65535, or two of them such as `8000-8080`",
        )),
    }
}

fn port(text: &str) -> Option<u16> {
    let digits = super::text::all(text, |c| c.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

/// Host and port of a URL: `scheme://[user@]host[:port][/…]`. Without a port only HTTP has one.
pub(crate) fn leads_to(text: &str) -> Option<(&str, u16)> {
    let (scheme, rest) = text.split_once("://")?;
    let place = rest.split(['/', '?', '#']).next()?;
    let place = place.rsplit('@').next()?;
    if let Some((host, port)) = place.rsplit_once(':') {
        return Some((host, port.parse().ok()?));
    }
    (scheme == "http" && !place.is_empty()).then_some((place, 80))
}
