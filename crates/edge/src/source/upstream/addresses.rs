//! Which addresses an event's own source may have. Organisers name those sources, so they must not be a way to
//! the machines beside the edge. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Hosts that an event's own source may have although they are not public: names, addresses, networks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AllowedHosts {
    names: Vec<String>,
    networks: Vec<IpNet>,
}

impl AllowedHosts {
    /// Reads a comma-separated list of host names, addresses and networks (CIDR); an error is the entry that is
    /// none of them.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut hosts = Self::default();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let address = entry.trim_start_matches('[').trim_end_matches(']');
            if let Ok(network) = address.parse::<IpNet>() {
                hosts.networks.push(network);
            } else if let Ok(address) = address.parse::<IpAddr>() {
                hosts.networks.push(address.into());
            } else if is_name(entry) {
                hosts.names.push(normal(entry));
            } else {
                return Err(entry.to_owned());
            }
        }
        Ok(hosts)
    }

    /// Tells whether every address of the host `name` is fine.
    pub(super) fn allows_name(&self, name: &str) -> bool {
        self.names.contains(&normal(name))
    }

    /// Tells whether a source may lie at `address`.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }
}

fn is_name(entry: &str) -> bool {
    entry.len() <= 253
        && entry
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Tells whether an address belongs to the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _) // this network, private, loopback, multicast and reserved
            | (100, 64..=127, _) // shared by carriers, and where some clouds put their metadata
            | (169, 254, _) // link-local, metadata of most clouds
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2) // protocol assignments, documentation
            | (192, 88, 99) // 6to4 relays
            | (198, 18 | 19, _) // benchmarks
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    match (first, second) {
        // Translated to IPv4 on the way (RFC 6052): what counts is where it ends.
        (0x0064, 0xff9b) => {
            third == 0 && address.segments()[3..6] == [0, 0, 0] && is_public_v4(embedded(address, 12))
        }
        (0x2002, _) => is_public_v4(embedded(address, 2)),
        // Protocol assignments with Teredo and ORCHID, and documentation.
        (0x2001, 0..=0x01ff | 0x0db8) | (0x3fff, 0..=0x0fff) => false,
        _ => first & 0xe000 == 0x2000,
    }
}

fn embedded(address: Ipv6Addr, at: usize) -> Ipv4Addr {
    let octets = address.octets();
    let octet = |index: usize| octets.get(at + index).copied().unwrap_or(0);
    Ipv4Addr::new(octet(0), octet(1), octet(2), octet(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-01, S-02, S-04
    #[test]
    fn only_the_public_internet_is_allowed_however_an_address_is_wrapped() {
        let hosts = AllowedHosts::default();
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2001:10::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!hosts.allows(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "2a00::1",
        ] {
            assert!(hosts.allows(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn listed_names_addresses_and_networks_are_allowed_and_nothing_beside_them() {
        let hosts = AllowedHosts::parse("origin.internal, 127.0.0.1,10.1.0.0/16, ::1 ,[fd00::5]").unwrap();
        assert!(hosts.allows_name("ORIGIN.internal.") && !hosts.allows_name("x.origin.internal"));
        for (address, allowed) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("::ffff:127.0.0.1", true),
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("::1", true),
            ("fd00::5", true),
            ("fd00::6", false),
        ] {
            assert_eq!(hosts.allows(address.parse().unwrap()), allowed, "{address}");
        }
        for wrong in ["http://x", "a b", "10.0.0.0/33", "x/8", "a:80"] {
            assert_eq!(AllowedHosts::parse(wrong).unwrap_err(), wrong);
        }
    }
}
