//! Which addresses belong to the public internet.
//!
//! Source: the IANA special-purpose address registries (RFC 6890), with the addresses at which clouds serve metadata. An
//! IPv6 address that carries an IPv4 one is judged by that too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks that are not public, as (address, prefix length).
const PRIVATE_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Link-local, with the metadata service of most clouds.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, reserved, broadcast.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    // Metadata and platform services that live at public-looking addresses: Azure, Oracle.
    ([168, 63, 129, 16], 32),
    ([192, 0, 0, 192], 32),
];

/// Whether an address belongs to the public internet: not loopback, private, shared, link-local, documentation, multicast,
/// reserved or a cloud's metadata service.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let inside =
        |(network, length): &([u8; 4], u32)| (bits ^ u32::from_be_bytes(*network)) >> (32 - length) == 0;
    !PRIVATE_V4.iter().any(inside)
}

/// Only 2000::/3 is assigned for unicast; what is special inside it is taken out, and IPv4 inside IPv6 is looked at.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let v4 = |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match parts {
        // Mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 6to4.
        [0x2002, high, low, ..] => v4(high, low),
        // Teredo, ORCHID and other protocol assignments; documentation.
        [0x2001, 0..0x200, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        [first, ..] => first >> 13 == 0b001,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public: bool, addresses: &[&str]) {
        for text in addresses {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }

    #[test]
    fn public_and_private_addresses() {
        check(
            true,
            &[
                "1.1.1.1",
                "172.15.0.1",
                "172.32.0.1",
                "100.63.255.255",
                "192.0.1.1",
                "2606:4700::1111",
                "::ffff:8.8.8.8",
            ],
        );
        check(true, &["64:ff9b::8.8.8.8", "2002:808:808::1", "2a00::1"]);
        check(
            false,
            &[
                "0.0.0.0",
                "10.1.2.3",
                "127.8.8.8",
                "169.254.169.254",
                "172.31.9.9",
                "192.168.0.1",
                "100.100.100.200",
            ],
        );
        check(
            false,
            &[
                "168.63.129.16",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "fe80::1",
                "fc00::1",
                "fd00:ec2::254",
                "ff02::1",
            ],
        );
        check(
            false,
            &[
                "::ffff:127.0.0.1",
                "::127.0.0.1",
                "64:ff9b::10.0.0.1",
                "2002:7f00:1::",
                "2001::1",
                "2001:db8::1",
                "64:ff9b:1::1",
            ],
        );
    }
}
