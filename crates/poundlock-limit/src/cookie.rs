//! A cookie's value, from the values of `Cookie` headers.
//!
//! Main function: [`cookie`]. It does not decode: what is in a value is the service's affair.

/// The value of the cookie `name`, without surrounding quotes (RFC 6265, 5.4; HTTP/2 may split the header, RFC 9113, 8.2.3).
/// `None` if there is none, or several with different values: nobody can say which one the service believes.
pub fn cookie<'a>(headers: impl IntoIterator<Item = &'a [u8]>, name: &str) -> Option<&'a [u8]> {
    let pairs = headers.into_iter().flat_map(|header| header.split(|b| *b == b';'));
    let mut values = pairs.filter_map(|pair| {
        let equals = pair.iter().position(|b| *b == b'=')?;
        let value = pair[equals + 1..].trim_ascii();
        (pair[..equals].trim_ascii() == name.as_bytes()).then(|| unquoted(value))
    });
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        for (headers, expect) in [
            (&["sid=a"][..], Some("a")),
            (&["xsid=b; sid=a; sid2=c"], Some("a")),
            (&["other=1", " sid = \"a\" ;x"], Some("a")),
            (&["sid=a=b="], Some("a=b=")),
            (&["sid="], Some("")),
            (&["sid=\""], Some("\"")),
            (&["sid=a; sid=a"], Some("a")),
            (&["sid=a; sid=b"], None),
            (&["sid=a", "sid=b"], None),
            (&["SID=a"], None),
            (&["sid"], None),
            (&[";;=;"], None),
            (&[], None),
        ] {
            let found = cookie(headers.iter().map(|header| header.as_bytes()), "sid");
            assert_eq!(found, expect.map(str::as_bytes), "{headers:?}");
        }
    }
}
