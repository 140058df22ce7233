//! What is kept, and that a parser built to the standard finds nothing else in the output.

use super::*;
use html5ever::{
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{Token, TokenSink, TokenSinkResult, Tokenizer},
};
use proptest::prelude::*;
use std::cell::RefCell;

fn check(input: &str, expected: &str) {
    assert_eq!(Markup::RichWithImages.clean(input), expected, "{input}");
}

#[test]
fn markup_is_kept_and_nested() {
    check("<p>a <B>b</b> &amp; <i>c</p>d", "<p>a <b>b</b> &amp; <i>c</i></p>d");
    check("<ul><li>a<li>b</ul>", "<ul><li>a<li>b</li></li></ul>");
    check("a<br/>b<hr>", "a<br>b<hr>");
    check(
        "<a href='https://x.de/?a=1&amp;b' onclick=x title=\"'\">t</a>",
        "<a href=\"https://x.de/?a=1&amp;b\" title=\"&#39;\" rel=\"noopener noreferrer nofollow\">t</a>",
    );
    check(
        "<img src=https://x.de/a.png width=20 height=1e9 onerror=alert(1)>",
        "<img src=\"https://x.de/a.png\" width=\"20\">",
    );
    check("1 < 2 && 3 > 2 <3", "1 &lt; 2 &amp;&amp; 3 &gt; 2 &lt;3");
    check("&lt;script&gt;", "&lt;script&gt;");
    check("<unknown>a</unknown></b>", "a");
    assert_eq!(Markup::Inline.clean("<p><b>a</b><a href=x>b</a>"), "<b>a</b>b");
    assert_eq!(Markup::None.clean("<p>a<b>b"), "ab");
    assert_eq!(Markup::Rich.clean("<img src=https://x>a"), "a");
}

#[test]
fn scripts_go_with_their_content() {
    for text in [
        "<script>alert(1)</script>",
        "<ScRiPt x>a</b></sCrIpT >",
        "<style>@import 'x'</style>",
        "<svg><script>a</script></svg>",
        "<math><mtext></mtext></math>",
        "<!-- <b> -->",
        "<!doctype html>",
        "<?php x ?>",
        "<iframe src=javascript:x></iframe>",
        "<script>a<!-- <script> </script>",
        "<textarea><b></textarea>",
        "<noscript><p title=\"</noscript>\"></noscript>",
        "<svg><svg></svg>a</svg>",
        "</ x>",
        "<!>",
        "<embed src=x>",
        "<script>",
        "<title><b>",
    ] {
        check(text, "");
    }
    check("a<script>b", "a");
}

#[test]
fn schemes_have_no_disguise() {
    for href in [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        " javascript:x",
        "java\nscript:x",
        "java\u{1}script:x",
        "&#106;avascript:x",
        "&#x6a;avascript:x",
        "javascript&colon;x",
        "java&Tab;script:x",
        "java&NewLine;script:x",
        "data:text/html,x",
        "vbscript:x",
        "&#0000106avascript:x",
        "feed:x",
        "file:///x",
        "\u{200b}javascript:x",
        "blob:x",
        "&#1;javascript:x",
    ] {
        check(&format!("<a href=\"{href}\">x</a>"), "<a rel=\"noopener noreferrer nofollow\">x</a>");
    }
    for href in ["/a", "a/b:c", "?a:b", "#x", "mailto:a@b.de", "//x.de"] {
        assert!(
            Markup::Rich.clean(&format!("<a href=\"{href}\">")).contains(&format!("href=\"{href}\"")),
            "{href}"
        );
    }
    for src in ["http://x.de/a", "data:image/png;base64,x", "/a", "https:x"] {
        check(&format!("<img src='{src}'>"), "<img>");
    }
}

/// Known ways around other sanitizers.
#[test]
fn mutations_find_nothing_to_work_with() {
    for text in [
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<img src=`x` onerror=alert(1)>",
        "<b/onclick=alert(1)//",
        "<<b>img src=x onerror=alert(1)>",
        "<a\u{c}href=javascript:x>",
        "<b <script>alert(1)</script>",
    ] {
        for markup in [Markup::None, Markup::Inline, Markup::Rich, Markup::RichWithImages] {
            assert_plain(markup, &markup.clean(text));
        }
    }
}

#[test]
fn hostile_nesting_is_bounded_and_linear() {
    let deep = Markup::Rich.clean(&"<div>".repeat(100_000));
    assert_eq!(deep.matches("<div>").count(), MAX_OPEN);
    for unit in ["<script>", "<title>", "<a href=\"", "<!--", "</", "<a <", "&#", "<textarea></textare"] {
        let _ = Markup::Rich.clean(&unit.repeat(50_000));
    }
}

/// Every tag and attribute that html5ever finds must be one that could have been written.
fn assert_plain(markup: Markup, output: &str) {
    let found = Found { markup, wrong: RefCell::default() };
    let tokenizer = Tokenizer::new(found, html5ever::tokenizer::TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(output));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    assert_eq!(*tokenizer.sink.wrong.borrow(), Vec::<String>::new(), "{output}");
}

struct Found {
    markup: Markup,
    wrong: RefCell<Vec<String>>,
}

impl TokenSink for Found {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => {
                let mut fine = self.markup.keeps(&tag.name).is_some();
                for attribute in &tag.attrs {
                    let pair = (&*tag.name, &*attribute.name.local);
                    let value = attribute.value.trim().to_ascii_lowercase();
                    fine &= ATTRIBUTES.contains(&pair) || pair == ("a", "rel");
                    fine &= !value.starts_with("javascript:")
                        && !value.starts_with("data:")
                        && !value.starts_with("vbscript:")
                        || pair.1 == "title"
                        || pair.1 == "alt";
                }
                if !fine {
                    self.wrong.borrow_mut().push(format!("{tag:?}"));
                }
            }
            Token::CommentToken(_) | Token::DoctypeToken(_) | Token::NullCharacterToken => {
                self.wrong.borrow_mut().push(format!("{token:?}"))
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

proptest! {
    #[test]
    fn a_standard_parser_finds_only_what_is_kept(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "/", "\"", "'", "`", "=", " ", "\n", "\0", "!", "--", "<!--", "-->", "b", "script", "style", "svg", "math", "title", "a", "img",
            " href=", " src=", " onerror=", "javascript:", "data:", "https://x", "&lt;", "&#60;", "&#x3c", "&quot;", "&#106;", "&Tab;", "</", "<a", "<b>", "</b>",
            "<p>", "<img", "<svg>", "<style>", "</style>", "<textarea>", "<noscript>", "<table>", "<form>", "<![CDATA[", "]]>", "x", "é", "\u{c}", "\r",
        ]), 0..30),
        markup in prop::sample::select(vec![Markup::None, Markup::Inline, Markup::Rich, Markup::RichWithImages]),
    ) {
        let output = markup.clean(&parts.concat());
        assert_plain(markup, &output);
        prop_assert_eq!(markup.clean(&output), output);
    }
}
