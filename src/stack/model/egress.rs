//! What a stack file says of connections that tasks begin.

use ipnet::Ipv4Net;

/// Where tasks may connect to beyond what the workload needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Egress {
    /// Every address, port and protocol.
    Anywhere,
    /// Ports of a range of addresses.
    To {
        /// The addresses.
        range: Ipv4Net,
        /// TCP or UDP.
        protocol: Protocol,
        /// The first port, 1-65535.
        from: u16,
        /// The last port, not less than the first.
        to: u16,
    },
}

impl Egress {
    /// Whether it leaves hardly anything closed: every port of every address.
    pub fn is_wide(self) -> bool {
        match self {
            Self::Anywhere => true,
            Self::To {
                range, from, to, ..
            } => range.prefix_len() == 0 && (from, to) == (1, u16::MAX),
        }
    }
}

/// What runs above IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// EC2's word for it (`IpPermission.IpProtocol`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A store of the stack that services may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    /// `[database]`.
    Database,
    /// `[redis]`.
    Redis,
}
