//! A body, fed in chunks.
//!
//! Main type: [`Body`]. It undoes the content coding, decides what the body is, and hands out its leaves.

use super::{
    Oddity,
    form::Form,
    head::Head,
    inflate::{Coding, Inflate},
    json::Json,
    leaf::{Gather, Leaves, Role},
    multipart::Multipart,
    sniff::{Declared, Kind, sniff},
    xml::Xml,
};

/// How many bytes are waited for before a body is judged by how it begins.
const SNIFFED: usize = 256;

/// A body that is being read.
pub struct Body {
    declared: Declared,
    inflate: Inflate,
    start: Vec<u8>,
    parsers: Vec<Parser>,
}

enum Parser {
    Form(Form),
    Json(Box<Json>),
    Xml(Box<Xml>),
    Multipart(Box<Multipart>),
    Plain(Gather, Role),
}

impl Body {
    /// A body of a request with this head.
    pub fn new(head: &Head<'_>) -> Self {
        Self {
            declared: Declared::read(head.header(b"content-type")),
            inflate: Inflate::new(Coding::read(head.header(b"content-encoding"))),
            start: Vec::new(),
            parsers: Vec::new(),
        }
    }

    /// Takes the next chunk; hands out what became complete.
    pub fn feed(&mut self, chunk: &[u8], out: &mut impl Leaves) {
        if self.inflate.is_plain() {
            return feed(&mut self.parsers, &mut self.start, &self.declared, chunk, out);
        }
        let Self { declared, inflate, start, parsers } = self;
        let result = inflate.feed(chunk, |plain| feed(parsers, start, declared, plain, out));
        if let Err(oddity) = result {
            out.oddity(oddity);
        }
    }

    /// The body is complete, or its sender has gone: hands out what is left.
    pub fn finish(&mut self, out: &mut impl Leaves) {
        if self.parsers.is_empty() && !self.start.is_empty() {
            begin(&mut self.parsers, &mut self.start, &self.declared, out);
        }
        for parser in &mut self.parsers {
            parser.finish(out);
        }
    }
}

fn feed(
    parsers: &mut Vec<Parser>,
    start: &mut Vec<u8>,
    declared: &Declared,
    chunk: &[u8],
    out: &mut impl Leaves,
) {
    if !parsers.is_empty() {
        return parsers.iter_mut().for_each(|parser| parser.feed(chunk, out));
    }
    start.extend_from_slice(chunk);
    if start.len() >= SNIFFED {
        begin(parsers, start, declared, out);
    }
}

/// Decides how the body is read, and reads what has come so far.
fn begin(parsers: &mut Vec<Parser>, start: &mut Vec<u8>, declared: &Declared, out: &mut impl Leaves) {
    // By as much as is waited for: more may have come, or not.
    let first = &start[..start.len().min(SNIFFED)];
    let looks = sniff(first);
    let kinds = kinds(declared.kind, looks);
    if let Some(oddity) = mismatch(declared, looks) {
        out.oddity(oddity);
    }
    parsers.extend(kinds.into_iter().flatten().map(|kind| Parser::new(kind, declared, first)));
    let start = std::mem::take(start);
    parsers.iter_mut().for_each(|parser| parser.feed(&start, out));
}

/// The ways to read a body. What is declared counts, and what it looks like too: a service may go by either.
fn kinds(declared: Option<Kind>, looks: Option<Kind>) -> [Option<Kind>; 2] {
    use Kind::{Binary, Form, Json, Multipart, Text, Xml};
    match (declared, looks) {
        (Some(Form), Some(Json | Xml)) => [Some(Form), looks],
        (Some(Json), Some(Xml | Form | Multipart)) => [Some(Json), looks],
        (Some(Xml), Some(Json | Form | Multipart)) => [Some(Xml), looks],
        (Some(Binary), Some(Json | Xml | Multipart)) => [looks, None],
        (Some(Text), Some(Json | Form)) => [looks, None],
        (Some(Multipart), Some(Json | Xml | Form)) => [Some(Multipart), looks],
        (Some(kind), _) => [Some(kind), None],
        (None, Some(Form)) => [Some(Form), None],
        (None, Some(kind)) => [Some(kind), None],
        // Without a type a service may take it for a form.
        (None, None) => [Some(Text), None],
    }
}

fn mismatch(declared: &Declared, looks: Option<Kind>) -> Option<Oddity> {
    use Kind::{Binary, Form, Json, Multipart, Xml};
    if declared.ambiguous {
        return Some(Oddity { rule: "content-type-ambiguous", score: 7 });
    }
    let score = match (declared.kind?, looks?) {
        (Json, Xml | Multipart) | (Xml, Json | Multipart) | (Multipart, Json | Xml) => 7,
        (Json, Form) | (Xml, Form) | (Multipart, Form) => 4,
        (Form, Json | Xml | Multipart) | (Binary, Json | Xml | Multipart) => 2,
        _ => return None,
    };
    Some(Oddity { rule: "content-type-mismatch", score })
}

impl Parser {
    fn new(kind: Kind, declared: &Declared, start: &[u8]) -> Self {
        match kind {
            Kind::Form => Parser::Form(Form::default()),
            Kind::Json => Parser::Json(Box::default()),
            Kind::Xml => Parser::Xml(Box::default()),
            Kind::Multipart => Parser::Multipart(Box::new(Multipart::new(&boundary(declared, start)))),
            Kind::Graphql | Kind::Text => Parser::Plain(Gather::default(), Role::Value),
            Kind::Binary => Parser::Plain(Gather::default(), Role::Raw),
        }
    }

    fn feed(&mut self, chunk: &[u8], out: &mut impl Leaves) {
        match self {
            Parser::Form(form) => form.feed(chunk, out),
            Parser::Json(json) => json.feed(chunk, out),
            Parser::Xml(xml) => xml.feed(chunk, out),
            Parser::Multipart(multipart) => multipart.feed(chunk, out),
            Parser::Plain(gather, role) => gather.extend(chunk, "", *role, out),
        }
    }

    fn finish(&mut self, out: &mut impl Leaves) {
        match self {
            Parser::Form(form) => form.finish(out),
            Parser::Json(json) => json.finish(out),
            Parser::Xml(xml) => xml.finish(out),
            Parser::Multipart(multipart) => multipart.finish(out),
            Parser::Plain(gather, role) => gather.end("", *role, out),
        }
    }
}

/// The declared boundary, or the one that the body begins with.
fn boundary(declared: &Declared, start: &[u8]) -> Vec<u8> {
    if !declared.boundary.is_empty() {
        return declared.boundary.clone();
    }
    let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| line.starts_with(b"--"));
    line.map_or_else(Vec::new, |line| line[2..].to_vec())
}
