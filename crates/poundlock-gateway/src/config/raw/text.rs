//! Strings with a syntax: one type for each, so that the schema can say what an editor should accept.
//!
//! The patterns are only as strict as an editor needs, and let every `${VARIABLE}` pass; `values` decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! text {
    ($($(#[doc = $doc:tt])+ $name:ident = $title:tt, $pattern:tt, $example:tt;)*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(rename = $title, extend("pattern" = $pattern), example = &$example)]
        pub(in crate::config) struct $name(String);

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text! {
    /// A whole number with a unit: ms, s, m, h or d.
    DurationText = "Duration", "^[0-9]+(ms|s|m|h|d)$|\\$\\{", "7s";
    /// A whole number of bytes with a unit: B, kB, MB, GB, KiB, MiB or GiB.
    SizeText = "Size", "^([0-9]+(B|kB|MB|GB|KiB|MiB|GiB)|unlimited)$|\\$\\{", "64KiB";
    /// A share of the whole, with at most two digits after the point.
    PercentText = "Percent", "^[0-9]+([.][0-9]{1,2})?%$|\\$\\{", "7.5%";
    /// An IP address and a port.
    AddressText = "Address", "^.+:[0-9]+$|\\$\\{", "127.0.0.1:8000";
    /// A host name or IP address, and a port.
    UpstreamText = "Upstream", "^.+:[0-9]+$|\\$\\{", "127.0.0.1:3000";
    /// A host name, or `*.` and a domain for everything below it.
    HostText = "Host", "^[^/ ]+$|\\$\\{", "api.example.com";
    /// A network such as 10.0.0.0/8, or one address.
    NetworkText = "Network", "^[0-9A-Fa-f.:]+(/[0-9]+)?$|\\$\\{", "10.0.0.0/8";
    /// A number in a time: N/s, N/min, N/h, N/day, or N/30s.
    RateText = "Rate", "^[0-9]+/[0-9]*(s|min|h|day)$|\\$\\{", "100/min";
    /// A number for each calendar period: N/min, N/h, N/day, N/week, N/month, N/quarter or N/year.
    QuotaText = "Quota", "^[0-9]+/(min|h|day|week|month|quarter|year)$|\\$\\{", "100000/day";
    /// What a request is known by: ip, header:NAME, cookie:NAME, jwt:CLAIM, route, service, method, all; joined by +.
    KeyText = "Key", "^[^ ]+( *[+] *[^ ]+)*$|\\$\\{", "header:x-api-key";
}
