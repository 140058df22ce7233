//! The head of a request, as `poundlock-shield` sees it.
//!
//! Main functions: [`with_scanned`] and [`with_ruled`], which lend it, and [`clamp_pages`].

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Uri, header};
use poundlock_shield::Head;
use poundlock_shield::validate::{RequestHead, RouteRules};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Most heads have fewer headers.
const HEADERS: usize = 32;

/// Lends the head as it is scanned: in bytes.
pub(super) fn with_scanned<T>(head: &Parts, f: impl FnOnce(&Head<'_>) -> T) -> T {
    let target = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let mut headers: SmallVec<[(&[u8], &[u8]); HEADERS]> =
        head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).collect();
    // HTTP/2 has the host in the target.
    if let (false, Some(authority)) = (head.headers.contains_key(header::HOST), head.uri.authority()) {
        headers.push((b"host", authority.as_str().as_bytes()));
    }
    let method = head.method.as_str().as_bytes();
    f(&Head { method, target: target.as_bytes(), headers: &headers })
}

/// Lends the head as rules read it: as text. Bytes that are none become replacement characters.
pub(super) fn with_ruled<T>(head: &Parts, f: impl FnOnce(&RequestHead<'_>) -> T) -> T {
    let values: SmallVec<[(&str, Cow<'_, str>); HEADERS]> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let headers: SmallVec<[(&str, &str); HEADERS]> =
        values.iter().map(|(name, value)| (*name, &**value)).collect();
    let query = head.uri.query().unwrap_or_default();
    f(&RequestHead { method: head.method.as_str(), path: head.uri.path(), query, headers: &headers })
}

/// Puts pages into their range, in the query that the service will see.
pub(super) fn clamp_pages(rules: &RouteRules, head: &mut Parts) {
    let Some(query) = head.uri.query() else { return };
    // What is refused was refused before.
    let Ok(Cow::Owned(query)) = rules.apply_pagination(query) else { return };
    let target = PathAndQuery::try_from(format!("{}?{query}", head.uri.path()));
    let mut parts = std::mem::take(&mut head.uri).into_parts();
    parts.path_and_query = Some(target.expect("digits in the place of a value leave a target a target"));
    head.uri = Uri::from_parts(parts).expect("the other parts are those of a URI");
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use poundlock_shield::validate::pagination::Pagination;

    #[test]
    fn pages_are_clamped_and_nothing_else_changes() {
        let rules = RouteRules { pagination: Some(Pagination::default()), ..RouteRules::default() };
        for (uri, expect) in [
            ("/a?q=%C3%A9&per_page=9999&x", "/a?q=%C3%A9&per_page=100&x"),
            ("http://shop.example/a?page=0", "http://shop.example/a?page=1"),
            ("/a?page=2", "/a?page=2"),
            ("/a", "/a"),
        ] {
            let (mut head, ()) = Request::get(uri).body(()).unwrap().into_parts();
            clamp_pages(&rules, &mut head);
            assert_eq!(head.uri.to_string(), expect);
        }
    }
}
