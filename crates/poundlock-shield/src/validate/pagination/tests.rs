//! Query strings before and after, and that nothing else in them changes.

use super::*;
use proptest::prelude::*;

fn check(query: &str, expected: &str) {
    assert_eq!(Pagination::default().apply(query).unwrap(), expected, "{query}");
}

fn refused(query: &str) -> Vec<String> {
    let strict = Pagination { on_excess: OnExcess::Refuse, ..Pagination::default() };
    let issues = strict.apply(query).unwrap_err();
    issues.as_slice().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_in_range_stays_byte_for_byte() {
    for query in [
        "",
        "per_page=100",
        "q=a%20b+c&page=2&x",
        "&&;=&page=1",
        "cursor=eyJpZCI6MX0%3D",
        "page=007",
        "homepage=99999999",
        "pages=99999999",
    ] {
        assert!(
            matches!(Pagination::default().apply(query), Ok(Cow::Borrowed(same)) if same == query),
            "{query}"
        );
    }
}

#[test]
fn what_is_out_of_range_is_clamped_and_the_rest_untouched() {
    check("per_page=100000", "per_page=100");
    check("a=%41+b&per_page=100000&z=;q", "a=%41+b&per_page=100&z=;q");
    check("page=0&offset=-5&limit=abc", "page=1&offset=0&limit=20");
    check("per_page=5&per_page=100000&per_page=7", "per_page=5&per_page=100&per_page=7");
    check("per_page", "per_page=20");
    check("per_page=", "per_page=20");
    check("limit=99999999999999999999999999", "limit=100");
    check("limit=1e9", "limit=20");
    check("limit=0x7fffffff", "limit=20");
    check("limit=５０００", "limit=20");
    check("limit=%35%30%30%30", "limit=100");
    check("limit=10=5000", "limit=20");
}

#[test]
fn names_that_lenient_upstreams_accept_are_clamped_too() {
    for name in [
        "per%5Fpage",
        "PER_PAGE",
        "per_page[]",
        "per_page[0]",
        "per_page%5B%5D",
        "+per_page",
        "per.page",
        "per+page",
        "per_page%00x",
        "per_page[][]",
    ] {
        check(&format!("{name}=5000"), &format!("{name}=100"));
        check(&format!("x=1;{name}=5000"), &format!("x=1;{name}=100"));
    }
    check("page[size]=5000", "page[size]=5000");
    let range = PageRange::Number { min: 1, max: 50, default: 10 };
    let api = Pagination {
        parameters: vec![PageParameter { name: "page[size]".to_owned(), range }],
        ..Pagination::default()
    };
    assert_eq!(api.apply("page%5Bsize%5D=5000").unwrap(), "page%5Bsize%5D=50");
}

#[test]
fn refusals_name_every_parameter() {
    assert_eq!(
        refused("page=0&per_page=500&x=1&limit=ten"),
        [
            "query/page: must be at least 1",
            "query/per_page: must be at most 100",
            "query/limit: must be a whole number"
        ]
    );
    let bad = "query/cursor: must be a cursor from an earlier answer, at most 512 bytes long";
    for cursor in ["", "a b", "a%00b", "%C3%A9", &"a".repeat(513)] {
        assert_eq!(refused(&format!("cursor={cursor}")), [bad]);
        assert!(Pagination::default().apply(&format!("cursor={cursor}")).is_err());
    }
}

proptest! {
    #[test]
    fn a_rewritten_query_is_in_range_and_keeps_the_rest(
        segments in prop::collection::vec(
            "(page|per_page|per%5fpage|Limit|offset\\[\\]|q|x%20y|pager)(=(-?[0-9]{0,25}|[a-z+%]{0,4}))?", 0..8),
    ) {
        let (query, rule) = (segments.join("&"), Pagination::default());
        let sent = rule.apply(&query).unwrap().into_owned();
        prop_assert!(matches!(rule.apply(&sent), Ok(Cow::Borrowed(_))));
        let strict = Pagination { on_excess: OnExcess::Refuse, ..rule.clone() };
        prop_assert!(strict.apply(&sent).is_ok());
        let out: Vec<&str> = sent.split('&').collect();
        prop_assert_eq!(out.len(), segments.len().max(1));
        for (before, after) in segments.iter().zip(out) {
            let name = before.split('=').next().unwrap();
            prop_assert_eq!(after.split('=').next().unwrap(), name);
            prop_assert!(rule.named(name).is_some() || before == after);
        }
    }

    #[test]
    fn any_query_is_answered(query in any::<String>()) {
        let _ = Pagination::default().apply(&query);
    }
}
