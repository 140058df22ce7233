//! SVG, XML and HTML: what runs, and what only looks so.

use super::*;

fn svg(inside: &str) -> Result<FileKind, UploadError> {
    let file = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>"
    );
    read(&everything(), "a.svg", Some("image/svg+xml"), file.as_bytes()).map(|accepted| accepted.kind)
}

fn active(what: &'static str) -> Result<FileKind, UploadError> {
    Err(UploadError::Active(what))
}

#[test]
fn drawings_pass() {
    for inside in [
        "",
        "<path d='M0 0L1 1' fill=\"url(#a)\"/>",
        "<!-- <script> --><text>1 &lt; 2 onload=x</text>",
        "<a href='https://x.de/?on=1'><text>x</text></a>",
        "<image href='data:image/png;base64,iVBORw0KGgo='/>",
        "<style>a{fill:red}</style>",
        "<style><![CDATA[ a>b{} <script> ]]></style>",
        "<use xlink:href='#a'/>",
        "<animate attributeName='x' from='0' to='1'/>",
        "<metadata><rdf:RDF/></metadata>",
        "<g one='1'/>",
    ] {
        let kind = svg(inside);
        let handler = inside.contains("one=");
        assert_eq!(kind, if handler { active("an event handler") } else { Ok(FileKind::Svg) }, "{inside}");
    }
    let inkscape = b"<?xml version='1.0'?><!-- x --><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'><svg/>";
    check("a.svg", inkscape, Ok(FileKind::Svg));
}

#[test]
fn scripts_in_drawings() {
    for inside in [
        "<script>alert(1)</script>",
        "<SCRIPT/>",
        "<s:script xmlns:s='http://www.w3.org/2000/svg'>",
        "<script\n",
        "<![CDATA[<a b=\"]]><script>\"/>",
        "<!--><script>-->",
    ] {
        assert_eq!(svg(inside), active("a script"), "{inside}");
    }
    for inside in [
        "<g onload='x'/>",
        "<g\nonClick=x>",
        "<g a='1'onload=x>",
        "<g onload\t=\n'x'>",
        "<g/onload=x>",
        "<g onbegin>",
        "<g a=\">\" onload=x>",
    ] {
        assert_eq!(svg(inside), active("an event handler"), "{inside}");
    }
    for href in [
        "javascript:x",
        " java\nscript:x",
        "&#106;avascript:x",
        "&#x6A;avascript:x",
        "javascript&colon;x",
        "data:text/html,x",
        "data:image/svg+xml;base64,x",
        "1;javascript:x",
    ] {
        assert_eq!(svg(&format!("<a xlink:href=\"{href}\">")), active("a script in a link"), "{href}");
        assert_eq!(svg(&format!("<animate values='{href}'/>")), active("a script in a link"), "{href}");
    }
    let padded = format!("<a href='{}javascript:x'>", "&#32;".repeat(1_000));
    assert_eq!(svg(&padded), active("an overlong encoded value"));
    assert_eq!(svg(&format!("<a href='{}javascript:x'>", " ".repeat(5_000))), active("a script in a link"));
    assert_eq!(svg("<set attributeName='href' to='x'/>"), active("an animated link"));
    assert_eq!(svg("<set attributeName='onclick' to='x'/>"), active("an animated link"));
    assert_eq!(svg("<foreignObject/>"), active("a foreign object"));
    assert_eq!(svg("<?xml-stylesheet href='x'?>"), active("a linked style"));
    assert_eq!(svg("<?php x ?>"), active("PHP code"));
    assert_eq!(svg("<!ENTITY a 'b'>"), active("declarations of entities"));
    assert_eq!(
        svg(&format!("{}<script>", " ".repeat(300_000))),
        active("a script"),
        "not only the head is looked at"
    );
}

#[test]
fn documents_of_xml_and_html() {
    check("a.xml", b"<?xml version='1.0'?><a><b c='d'/></a>", Ok(FileKind::Xml));
    check(
        "a.xml",
        b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>",
        active("declarations of entities"),
    );
    check("a.xml", b"<!DOCTYPE a SYSTEM 'a>b' [<!ENTITY x 'y'>]><a/>", Err(UploadError::Content("XML")));
    check("a.xml", b"<?xml version='1.0' encoding='UTF-7'?><a/>", active("another encoding than UTF-8"));
    check("a.xml", b"<svg/>", Err(UploadError::Content("XML")));
    check("a.html", b"<!doctype html><title>a <b onload=x></title><p>x</p>", Ok(FileKind::Html));
    check("a.html", b"<html><style><a b=\"</style><script>", active("a script"));
    check("a.html", b"<html><![CDATA[><script>", active("a script"));
    check("a.html", b"<html><? ><script>", active("a script"));
    check("a.html", b"<html><iframe src=x>", active("a frame"));
    check("a.html", b"<html><meta http-equiv=refresh content=x>", active("a redirection"));
    check("a.html", b"<html><meta charset=utf-7>", active("another encoding than UTF-8"));
    check("a.html", b"<html><img src=x onerror=alert(1)>", active("an event handler"));
}
