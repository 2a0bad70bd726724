//! The kinds of Route 53.

pub(crate) mod dns;

kinds! {
    dns_record::DnsRecord,
}
