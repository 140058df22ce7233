//! The classes of attack, and the places of a request that they come in.
//!
//! Main types: [`Class`] and [`Place`]. Closed sets: they become labels of metrics.

use serde::{Deserialize, Serialize};

/// What a piece of evidence is evidence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// SQL injection.
    Sqli,
    /// Script in a page: tags, handlers, script URLs, script in strings.
    Xss,
    /// Paths that leave their folder, and files that nobody should ask for.
    Traversal,
    /// Shell and Windows commands.
    Command,
    /// Server-side templates and expression languages.
    Template,
    /// Operators of document databases.
    Nosql,
    /// LDAP filters.
    Ldap,
    /// XML entities and includes.
    Xxe,
    /// Log4j lookups (`${jndi:…}`).
    Lookup,
    /// Line breaks that split a header.
    Crlf,
    /// URLs of internal services, and odd schemes.
    Ssrf,
    /// Code of PHP, Java, Node, Ruby, Python or Perl.
    Code,
    /// Mail headers in a field.
    Mail,
    /// GraphQL queries too deep or too curious.
    Graphql,
    /// Requests that are not as HTTP has them, or not what they say.
    Protocol,
    /// Known scanners, by what they call themselves.
    Scanner,
}

impl Class {
    /// Every class, in the order of its discriminant.
    pub const ALL: [Self; 16] = [
        Self::Sqli,
        Self::Xss,
        Self::Traversal,
        Self::Command,
        Self::Template,
        Self::Nosql,
        Self::Ldap,
        Self::Xxe,
        Self::Lookup,
        Self::Crlf,
        Self::Ssrf,
        Self::Code,
        Self::Mail,
        Self::Graphql,
        Self::Protocol,
        Self::Scanner,
    ];

    /// The name, as it is written in findings and in exclusions.
    pub fn name(self) -> &'static str {
        match self {
            Class::Sqli => "sqli",
            Class::Xss => "xss",
            Class::Traversal => "traversal",
            Class::Command => "command",
            Class::Template => "template",
            Class::Nosql => "nosql",
            Class::Ldap => "ldap",
            Class::Xxe => "xxe",
            Class::Lookup => "lookup",
            Class::Crlf => "crlf",
            Class::Ssrf => "ssrf",
            Class::Code => "code",
            Class::Mail => "mail",
            Class::Graphql => "graphql",
            Class::Protocol => "protocol",
            Class::Scanner => "scanner",
        }
    }
}

/// The part of a request that a value comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The request line's path.
    Path,
    /// A query parameter, or its name.
    #[default]
    Query,
    /// A leaf of the body.
    Body,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The request as a whole.
    Request,
}

impl Place {
    /// The name, as it stands before the first dot of a location.
    pub fn name(self) -> &'static str {
        match self {
            Place::Path => "path",
            Place::Query => "query",
            Place::Body => "body",
            Place::Header => "header",
            Place::Cookie => "cookie",
            Place::Request => "request",
        }
    }
}
