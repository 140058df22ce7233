//! Attacks that are told by a small shape: LDAP filters, split headers, odd addresses, declarations, serialized
//! objects.
//!
//! Main item: [`detect`]; one function a shape.

use super::{CERTAIN, DOUBTFUL, Hits, LIKELY, Subject, hints::Mark};
use crate::{
    class::{Class, Place},
    locate::shape,
};
use memchr::memmem::{find, find_iter};

/// How many places of one shape are looked at.
const MAX_PLACES: usize = 64;

/// Deeper GraphQL documents are refused.
const MAX_GRAPHQL_DEPTH: usize = 15;

/// More aliases are a way to ask a thousand times at once.
const MAX_GRAPHQL_ALIASES: usize = 60;

/// Looks for all shapes.
pub(super) fn detect(subject: &Subject<'_>, hits: &mut Hits) {
    let hints = &subject.hints;
    if hints.has(Mark::PAREN) {
        called(subject.text, hits);
        ldap(subject.text, hits);
    }
    if hints.has(Mark::NEWLINE) {
        headers(subject, hits);
    }
    if hints.has(Mark::COLON) {
        address(subject, hits);
        serialized(subject.text, hits);
    }
    if hints.has(Mark::LESS) {
        doctype(subject.text, hits);
    }
    if hints.has(Mark::BRACE) {
        graphql(subject.text, hits);
    }
    if hints.has(Mark::DOLLAR) {
        operator_name(subject.text, hits);
    }
    if hints.has(Mark::CONTROL) {
        nul(subject.text, hits);
    }
}

/// The longest value that may be a call and nothing else.
const SHORT_CALL: usize = 128;

/// `file_group()`, `$f(1)`, `('system')('id')`: a call as the whole value, or of something that was computed.
fn called(text: &[u8], hits: &mut Hits) {
    if text.len() > SHORT_CALL {
        return;
    }
    let ident = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    for at in memchr::memchr_iter(b'(', text).take(MAX_PLACES) {
        let before = text[..at].trim_ascii_end();
        let name = before.iter().rev().take_while(|byte| ident(byte)).count();
        let start = before.len() - name;
        let marked = before[..start].last();
        let empty = text.get(at + 1) == Some(&b')');
        let tight = before.len() == at || before.ends_with(b"*/");
        let computed = name == 0
            && text.is_ascii()
            && (tight || matches!(marked, Some(b')' | b']' | b'}')))
            && (matches!(marked, Some(b')' | b']' | b'}' | b'\'' | b'"')) || before.ends_with(b"*/"));
        // `(system)(id)`, `[ system ][0]( ls )`
        let indexed = text[0] == b'(' || find(text, b"][").is_some() || find(text, b"] [").is_some();
        let bare =
            computed && matches!(text[0], b'(' | b'[') && indexed && text.is_ascii() && text.len() <= 96;
        // `get/substr()`, `array_diff (`
        let segment = start > 0 && text[start - 1] == b'/' && name > 3;
        let apart = name > 3 && before.contains(&b'_') && text.len() <= at + 2;
        let quoted = text.iter().any(|byte| matches!(byte, b'$' | b'\'' | b'"' | b';'));
        let spelled = (start == 0 || segment)
            && name > 3
            && &before[start..] != b"function"
            && (tight || apart)
            && (before[start..].contains(&b'_') || empty || text.get(at + 1) == Some(&b'$') || apart);
        if (name > 0 && marked == Some(&b'$')) || (computed && quoted) || spelled || bare {
            hits.add(Class::Code, "call", start..at + 1, LIKELY);
            return;
        }
    }
}

/// `*)(uid=*`, `)(|(cn=*`: a filter that is closed and another one that opens.
fn ldap(text: &[u8], hits: &mut Hits) {
    for at in find_iter(text, b")(").take(MAX_PLACES) {
        let rest = &text[at + 2..];
        let signs = rest.iter().take_while(|byte| matches!(byte, b'&' | b'|' | b'!' | b'(')).count();
        let name = rest[signs..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        let equals = matches!(rest.get(signs + name), Some(b'=' | b'~' | b'>' | b'<'));
        let star = text[..at].last() == Some(&b'*') || rest.get(signs + name + 1) == Some(&b'*');
        let score = match () {
            () if name > 0 && equals && (star || signs > 0) => CERTAIN,
            () if signs > 0 && name == 0 && rest.get(signs) == Some(&b')') => CERTAIN,
            () if name > 0 && equals => DOUBTFUL,
            () => continue,
        };
        hits.add(Class::Ldap, "filter", at..at + 2 + signs + name, score);
    }
    let starts = [&b"(|("[..], b"(&(", b"*(|", b"(!("];
    if let Some(at) = starts.iter().find_map(|start| find(text, start)) {
        let filter = text[at..].contains(&b'=') && text.len() <= 300;
        if filter {
            let open = find(text, b"*(|(").is_some() || find(text, b"*(&(").is_some();
            hits.add(Class::Ldap, "filter-start", at..at + 3, if open { CERTAIN } else { DOUBTFUL });
        }
    }
}

/// Headers that an attacker wants to set.
const HEADERS: [(&str, Class, u8); 20] = [
    ("set-cookie:", Class::Crlf, CERTAIN),
    ("location:", Class::Crlf, CERTAIN),
    ("content-type:", Class::Crlf, CERTAIN),
    ("content-length:", Class::Crlf, CERTAIN),
    ("content-disposition:", Class::Crlf, CERTAIN),
    ("transfer-encoding:", Class::Crlf, CERTAIN),
    ("x-forwarded-", Class::Crlf, CERTAIN),
    ("refresh:", Class::Crlf, CERTAIN),
    ("host:", Class::Crlf, CERTAIN),
    ("http/1.", Class::Crlf, CERTAIN),
    ("link:", Class::Crlf, LIKELY),
    ("header:", Class::Crlf, LIKELY),
    ("x-", Class::Crlf, LIKELY),
    ("bcc:", Class::Mail, CERTAIN),
    ("cc:", Class::Mail, CERTAIN),
    ("mime-version:", Class::Mail, CERTAIN),
    ("reply-to:", Class::Mail, CERTAIN),
    ("to:", Class::Mail, LIKELY),
    ("from:", Class::Mail, LIKELY),
    ("subject:", Class::Mail, LIKELY),
];

/// A line break, and then a header of an answer or of a mail.
fn headers(subject: &Subject<'_>, hits: &mut Hits) {
    let text = subject.text;
    for at in memchr::memchr2_iter(b'\n', b'\r', text).take(MAX_PLACES) {
        let line = &text[at + 1..text.len().min(at + 40)];
        let spaces = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        let line = line[spaces..].to_ascii_lowercase();
        let known = HEADERS.iter().find(|(name, _, _)| line.starts_with(name.as_bytes()));
        let Some((name, class, score)) = known else { continue };
        // A text may be a mail that somebody forwards.
        // A body may be a log with the headers of others in it, or a text of many lines.
        let splits = matches!(*name, "set-cookie:" | "location:" | "http/1." | "bcc:" | "cc:");
        let lines = memchr::memchr_iter(b'\n', text).take(5).count();
        let text_of_lines =
            lines > 4 || (subject.place == Place::Body && (at > 100 || text.len() > 400 || !splits));
        let mail = *class == Class::Mail && text[..at].iter().filter(|byte| **byte == b'@').count() != 1;
        let score = if text_of_lines {
            DOUBTFUL
        } else if mail {
            (*score).min(LIKELY)
        } else {
            *score
        };
        hits.add(*class, "header", at..at + 1 + spaces + name.len(), score);
    }
}

/// A URL whose host is an address inside, or one that is written so that nobody sees it.
fn address(subject: &Subject<'_>, hits: &mut Hits) {
    // Where a request came from is no request to go there.
    if matches!(subject.place, Place::Header | Place::Cookie) {
        return;
    }
    let text = subject.text;
    if let Some((rule, end)) = without_slashes(text) {
        hits.add(Class::Ssrf, rule, 0..end, LIKELY);
    }
    for at in find_iter(text, b"://").take(MAX_PLACES) {
        let rest = &text[at + 3..];
        let end =
            rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b' ' | b'"' | b'\'' | b'<' | b'\\'));
        let authority = &rest[..end.unwrap_or(rest.len()).min(256)];
        let host = authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
        let (rule, score) = match host_kind(host) {
            Some(found) => found,
            None => continue,
        };
        let starts = at <= 6;
        let scheme = text[..at].to_ascii_lowercase();
        let odd =
            [&b"gopher"[..], b"dict", b"ldap", b"tftp", b"smb"].iter().any(|known| scheme.ends_with(known));
        let score = if odd { CERTAIN } else { score };
        hits.add(
            Class::Ssrf,
            rule,
            at..at + 3 + authority.len(),
            if starts { score } else { score.min(DOUBTFUL) },
        );
    }
}

/// `http:127.0.0.1`, `http://\l\o\c\a\l`: URLs that libraries read all the same.
fn without_slashes(text: &[u8]) -> Option<(&'static str, usize)> {
    let colon = memchr::memchr(b':', text).filter(|at| (3..=8).contains(at))?;
    let scheme = text[..colon].to_ascii_lowercase();
    let known = [&b"http"[..], b"https", b"ftp", b"gopher", b"dict"].contains(&&scheme[..]);
    let rest = &text[colon + 1..text.len().min(colon + 64)];
    let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
    let host: &[u8] =
        rest[slashes..].split(|b| matches!(b, b'/' | b'?' | b'#' | b':')).next().unwrap_or_default();
    let address = host.len() > 6
        && host[0].is_ascii_digit()
        && host.iter().all(|b| b.is_ascii_hexdigit() || b".x".contains(b));
    let escaped = host.first() == Some(&b'\\') && host.iter().filter(|byte| **byte == b'\\').count() > 2;
    (known && ((slashes < 2 && address) || escaped)).then_some(("odd-url", colon + 1 + slashes + host.len()))
}

fn host_kind(host: &[u8]) -> Option<(&'static str, u8)> {
    let lower = host.to_ascii_lowercase();
    if lower.starts_with(b"[") {
        let inside = [&b"[::1]"[..], b"[::]", b"[0:0:0", b"[::ffff:", b"[fe80", b"[fd", b"[fc"];
        let inside = inside.iter().any(|start| lower.starts_with(start));
        return Some(if inside { ("internal", CERTAIN) } else { ("address", LIKELY) });
    }
    let name = lower.split(|byte| *byte == b':').next().unwrap_or_default();
    let parts: Vec<&[u8]> = name.split(|byte| *byte == b'.').collect();
    let numeric =
        |part: &&[u8]| !part.is_empty() && (part.iter().all(u8::is_ascii_digit) || part.starts_with(b"0x"));
    if !parts.iter().all(numeric) {
        return (name == b"localhost" || name.ends_with(b".localhost")).then_some(("internal", LIKELY));
    }
    let odd = parts.len() < 4 || parts.iter().any(|p| p.starts_with(b"0x") || (p.len() > 1 && p[0] == b'0'));
    Some(match parts[0] {
        _ if odd => ("odd-address", CERTAIN),
        b"127" | b"0" => ("internal", LIKELY),
        b"10" | b"192" | b"172" | b"169" => ("internal", DOUBTFUL),
        // An address instead of a name: what files to include are fetched from.
        _ => ("address", DOUBTFUL),
    })
}

/// `O:4:"User":…` of PHP
fn serialized(text: &[u8], hits: &mut Hits) {
    for at in memchr::memchr2_iter(b'O', b'C', text).chain(memchr::memchr_iter(b'o', text)).take(MAX_PLACES) {
        let rest = &text[at + 1..];
        let Some(rest) = rest.strip_prefix(b":") else { continue };
        let sign = usize::from(rest.first() == Some(&b'+'));
        let digits = rest[sign..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
        let free = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        if free && digits > 0 && rest[sign + digits..].starts_with(b":\"") {
            hits.add(Class::Code, "php-object", at..at + 4 + sign + digits, CERTAIN);
        }
    }
}

/// `<!DOCTYPE x SYSTEM …>`, `<!DOCTYPE x […`
fn doctype(text: &[u8], hits: &mut Hits) {
    for at in find_iter(text, b"<!").take(MAX_PLACES) {
        let rest = &text[at + 2..text.len().min(at + 300)];
        if rest.len() < 8 || !rest[..7].eq_ignore_ascii_case(b"doctype") {
            continue;
        }
        let end = rest.iter().position(|byte| *byte == b'>').unwrap_or(rest.len());
        let inside = rest[7..end].to_ascii_lowercase();
        let html = inside.trim_ascii_start().starts_with(b"html");
        let subset = inside.contains(&b'[');
        let external = find(&inside, b"system").is_some() || find(&inside, b"public").is_some();
        if subset || (external && !html) {
            hits.add(Class::Xxe, "doctype", at..at + 9, CERTAIN);
        }
    }
}

fn graphql(text: &[u8], hits: &mut Hits) {
    let Some(shape) = shape(text) else { return };
    if shape.introspection {
        hits.add(Class::Graphql, "introspection", 0..text.len().min(40), LIKELY);
    }
    if shape.depth > MAX_GRAPHQL_DEPTH {
        hits.add(Class::Graphql, "depth", 0..text.len().min(40), CERTAIN);
    }
    if shape.aliases > MAX_GRAPHQL_ALIASES {
        hits.add(Class::Graphql, "aliases", 0..text.len().min(40), LIKELY);
    }
}

/// Operators of document databases, without the `$`.
const OPERATORS: [&str; 22] = [
    "ne",
    "gt",
    "lt",
    "gte",
    "lte",
    "regex",
    "where",
    "in",
    "nin",
    "or",
    "and",
    "not",
    "exists",
    "eq",
    "size",
    "all",
    "nor",
    "elemmatch",
    "expr",
    "func",
    "mod",
    "type",
];

/// `$ne` as a key: the whole value, or `"$ne":` within one.
fn operator_name(text: &[u8], hits: &mut Hits) {
    for at in memchr::memchr_iter(b'$', text).take(MAX_PLACES) {
        let end =
            at + 1 + text[at + 1..].iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let name = text[at + 1..end].to_ascii_lowercase();
        if !OPERATORS.iter().any(|known| name == known.as_bytes()) {
            continue;
        }
        let before = text[..at].iter().rev().find(|byte| **byte > b' ');
        let quoted = text[end..].iter().take_while(|byte| matches!(byte, b'"' | b'\'' | b' ')).count();
        let key = text.get(end + quoted) == Some(&b':');
        let score = match before {
            None if end == text.len() || key => CERTAIN,
            Some(b'{' | b'"' | b'\'' | b',' | b'[') if key => CERTAIN,
            _ => continue,
        };
        hits.add(Class::Nosql, "operator", at..end, score);
    }
}

/// A NUL in the middle of a value: what cuts a name for one reader and not for another.
fn nul(text: &[u8], hits: &mut Hits) {
    if let Some(at) = memchr::memchr(0, text).filter(|at| at + 1 < text.len() && text.len() <= 4096) {
        let name = text[at + 1..].starts_with(b".") && text[..at].iter().all(|byte| *byte > b' ');
        hits.add(Class::Protocol, "nul", at..at + 1, if name { LIKELY } else { DOUBTFUL });
    }
}
