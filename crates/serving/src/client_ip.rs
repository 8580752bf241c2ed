//! Who is asking: the socket's address, or what trusted proxies say about it.
//!
//! Proxies append to `X-Forwarded-For`, so only its right end is theirs. Read from there, the first hop
//! that is no trusted proxy is the client. Anything unclear on the way falls back to the socket's address,
//! which nobody can forge.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const X_FORWARDED_FOR: &str = "x-forwarded-for";
// More proxies than anybody chains; what lies further left is never read.
const HOPS_MAX: usize = 32;
const LIMIT_PREFIX_V6: u8 = 64; // what one IPv6 subscriber gets, and changes addresses within at will

/// The proxies whose `X-Forwarded-For` is believed. The default trusts nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// Why a list of trusted proxies is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrustedProxiesError {
    /// An entry is neither an address nor a network in CIDR form.
    #[error("{0:?} is neither an address nor a network like 10.0.0.0/8")]
    Malformed(String),
    /// An entry covers every address, so that every client could name its own address.
    #[error("{0:?} trusts everybody, so any client could choose its own address")]
    TrustsEverybody(String),
}

impl TrustedProxies {
    /// Parses a comma-separated list of addresses and networks (`10.0.0.0/8, ::1`).
    ///
    /// An empty list trusts nobody. IPv4 networks written as IPv6 (`::ffff:10.0.0.0/104`) are the IPv4 ones.
    pub fn parse(list: &str) -> Result<Self, TrustedProxiesError> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(parse_network).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the client's address: the right-most hop of `X-Forwarded-For` that is no trusted proxy.
    ///
    /// It is `peer` when `peer` is not trusted, when the header is absent, when the hop is not an address,
    /// and when the last 32 hops are all trusted proxies. Never an IPv4 address mapped into IPv6.
    pub fn client_ip(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let hops = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let hops = hops
            .flat_map(|line| line.as_bytes().rsplit(|&byte| byte == b','))
            .take(HOPS_MAX);
        for hop in hops {
            match parse_hop(hop) {
                Some(address) if self.trusts(address) => {}
                Some(address) => return address,
                None => return peer,
            }
        }
        peer
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn parse_network(entry: &str) -> Result<IpNet, TrustedProxiesError> {
    let network = match entry.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => unmapped(
            entry
                .parse()
                .map_err(|_| TrustedProxiesError::Malformed(entry.to_owned()))?,
        ),
    };
    if network.prefix_len() == 0 {
        return Err(TrustedProxiesError::TrustsEverybody(entry.to_owned()));
    }
    Ok(network)
}

fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let Some(prefix_v4) = v6.prefix_len().checked_sub(96) else {
        return network;
    };
    v6.addr()
        .to_ipv4_mapped()
        .and_then(|address| Ipv4Net::new(address, prefix_v4).ok())
        .map_or(network, IpNet::V4)
}

// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop.trim_ascii()).ok()?;
    let bracketed = || {
        hop.strip_prefix('[')?
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
            .map(IpAddr::V6)
    };
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse()
        .ok()
        .or_else(bracketed)
        .or_else(with_port)
        .map(|address: IpAddr| address.to_canonical())
}

/// Returns what counts as one client for a rate limit: the IPv4 address, or the IPv6 /64 network.
///
/// An IPv4 address mapped into IPv6 is the IPv4 address.
pub fn limit_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => {
            let network = Ipv6Net::new(v6, LIMIT_PREFIX_V6).map_or(v6, |network| network.network());
            IpAddr::V6(network)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn client(peer: &str, trusted: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        TrustedProxies::parse(trusted)
            .unwrap()
            .client_ip(peer.parse().unwrap(), &headers)
            .to_string()
    }

    //
    #[test]
    fn an_untrusted_peer_cannot_choose_its_address() {
        assert_eq!(client("203.0.113.9", "10.0.0.0/8", &["192.0.2.1"]), "203.0.113.9");
        assert_eq!(client("203.0.113.9", "", &["192.0.2.1"]), "203.0.113.9");
    }

    //
    #[test]
    fn other_forwarding_headers_are_never_read() {
        let proxies = TrustedProxies::parse("10.0.0.0/8").unwrap();
        for name in [
            "x-real-ip",
            "forwarded",
            "cf-connecting-ip",
            "true-client-ip",
            "client-ip",
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), "192.0.2.1".parse().unwrap())]);
            assert_eq!(proxies.client_ip(PEER, &headers), PEER);
        }
    }

    //
    #[test]
    fn the_right_most_untrusted_hop_wins_over_what_the_client_wrote() {
        assert_eq!(
            client("10.0.0.1", "10.0.0.0/8", &["6.6.6.6, 192.0.2.1"]),
            "192.0.2.1"
        );
        assert_eq!(
            client("10.0.0.1", "10.0.0.0/8", &["6.6.6.6, 192.0.2.1, 10.0.0.2"]),
            "192.0.2.1"
        );
    }

    //
    #[test]
    fn several_header_lines_are_read_as_one() {
        assert_eq!(
            client(
                "10.0.0.1",
                "10.0.0.0/8",
                &["6.6.6.6", "192.0.2.1", "10.0.0.3 ,10.0.0.2"]
            ),
            "192.0.2.1"
        );
    }

    #[test]
    fn a_hop_that_is_no_address_falls_back_to_the_peer() {
        for garbage in [
            "unknown",
            "",
            "_hidden",
            "fe80::1%eth0",
            "1.2.3",
            "[::1",
            "1.2.3.4:99999",
            "\u{a0}1.2.3.4",
        ] {
            let line = format!("192.0.2.1, {garbage}");
            assert_eq!(
                client("10.0.0.1", "10.0.0.0/8", &[&line]),
                "10.0.0.1",
                "{garbage:?}"
            );
        }
        assert_eq!(client("10.0.0.1", "10.0.0.0/8", &[]), "10.0.0.1");
    }

    #[test]
    fn ports_and_brackets_of_hops_are_dropped() {
        for (hop, address) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(client("10.0.0.1", "10.0.0.0/8", &[hop]), address);
        }
    }

    //
    #[test]
    fn mapped_addresses_are_ipv4_wherever_they_appear() {
        assert_eq!(
            client("::ffff:10.0.0.1", "10.0.0.0/8", &["::ffff:192.0.2.1"]),
            "192.0.2.1"
        );
        assert_eq!(
            client("10.0.0.1", "::ffff:10.0.0.0/104", &["192.0.2.1"]),
            "192.0.2.1"
        );
        assert_eq!(client("10.0.0.1", "::ffff:10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
    }

    //
    #[test]
    fn only_the_last_32_hops_are_read() {
        let proxies = |count| ["10.0.0.2"].repeat(count).join(",");
        assert_eq!(
            client("10.0.0.1", "10.0.0.0/8", &[&format!("192.0.2.1,{}", proxies(31))]),
            "192.0.2.1"
        );
        assert_eq!(
            client("10.0.0.1", "10.0.0.0/8", &[&format!("192.0.2.1,{}", proxies(32))]),
            "10.0.0.1"
        );
    }

    //
    #[test]
    fn a_network_that_is_everybody_is_refused() {
        for list in ["0.0.0.0/0", "::/0", "10.0.0.0/8, 1.2.3.4/0", "::ffff:0:0/96"] {
            let refused = TrustedProxies::parse(list);
            assert!(
                matches!(refused, Err(TrustedProxiesError::TrustsEverybody(_))),
                "{list}"
            );
        }
    }

    #[test]
    fn an_entry_that_is_no_network_is_named() {
        for entry in ["proxy.example", "10.0.0.0/33", "10.0.0", "10.0.0.0/-1"] {
            let refused = TrustedProxies::parse(&format!("::1, {entry}"));
            assert_eq!(refused, Err(TrustedProxiesError::Malformed(entry.to_owned())));
        }
    }

    //
    #[test]
    fn one_ipv6_subscriber_is_one_key_and_one_ipv4_address_is_one_key() {
        let key = |address: &str| limit_key(address.parse().unwrap()).to_string();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:1.2.3.4"), "1.2.3.4");
        assert_eq!(key("1.2.3.4"), "1.2.3.4");
    }
}
