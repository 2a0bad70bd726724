//! Ranges of IPv4 addresses.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::value_error::ValueError;

/// A range as AWS takes it: no host bits, and an address with no length is not one.
pub(crate) fn range(text: &str) -> Result<Ipv4Net, ValueError> {
    let wrong = || ValueError::new("is not an IPv4 range", "must look like `10.0.0.0/16`");
    let Ok(net) = text.parse::<Ipv4Net>() else {
        let error = wrong();
        return Err(match text.parse::<Ipv4Addr>() {
            Ok(_) => error.hint(format!("write \"{text}/32\" for this one address")),
            Err(_) => error,
        });
    };
    if net.trunc() != net {
        return Err(ValueError::new(
            "has bits set beyond its length",
            "not the first address of its range",
        )
        .hint(format!("write \"{}\"", net.trunc())));
    }
    Ok(net)
}
