//! [`RawExclude`]: a finding that is let pass, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Findings that are let pass: those that fit all keys that are given.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Exclude")]
pub(in crate::config) struct RawExclude {
    /// Paths as they stand in the request line; * is any run of characters.
    #[schemars(length(max = 100))]
    pub(in crate::config) paths: Vec<String>,
    /// Methods.
    #[schemars(length(max = 64))]
    pub(in crate::config) methods: Vec<String>,
    /// The field as findings show it, such as "body.html"; * is any run of characters.
    pub(in crate::config) field: Option<String>,
    /// The class of attack.
    pub(in crate::config) class: Option<RawClass>,
    /// The rule within the class.
    pub(in crate::config) rule: Option<String>,
}

/// What the schema shows as an example.
pub(super) fn example() -> serde_json::Value {
    serde_json::json!([{ "paths": ["/cms/*"], "field": "body.html", "class": "xss" }])
}

/// A class of attack.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AttackClass")]
pub(in crate::config) enum RawClass {
    /// SQL injection.
    Sqli,
    /// Script in a page.
    Xss,
    /// Paths that leave their folder.
    Traversal,
    /// Shell commands.
    Command,
    /// Server-side templates.
    Template,
    /// Operators of document databases.
    Nosql,
    /// LDAP filters.
    Ldap,
    /// XML entities.
    Xxe,
    /// Log4j lookups.
    Lookup,
    /// Line breaks that split a header.
    Crlf,
    /// URLs of internal services.
    Ssrf,
    /// Program code.
    Code,
    /// Mail headers.
    Mail,
    /// GraphQL queries too deep or too curious.
    Graphql,
    /// What is not as HTTP has it.
    Protocol,
    /// Known scanners.
    Scanner,
}
