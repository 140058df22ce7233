//! Positive rules: pages, fields, uploads, schemas.

use crate::gateway;
use e2e::{Answer, Gateway, Upstream};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The places that a refusal names.
fn places(answer: &Answer) -> Vec<String> {
    let problem = answer.problem();
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors in {problem}")).clone();
    errors
        .iter()
        .map(|error| {
            format!("{}{}", error["in"].as_str().unwrap_or("?"), error["pointer"].as_str().unwrap_or("?"))
        })
        .collect()
}

#[test]
fn pages_are_clamped_before_the_upstream_sees_them() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]\nmode = \"block\"\n[shield.route.lists]\npage = {}\n");
    assert_eq!(gateway.get("/items?a=1&per_page=100000&page=-3&b=%20").status, 200);
    assert_eq!(upstream.only().head.word(1), "/items?a=1&per_page=100&page=1&b=%20");
}

#[test]
fn pages_may_be_refused_and_have_names_of_their_own() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[shield]\nmode = \"block\"\n[shield.route.lists]\n\
         page = { on_excess = \"refuse\", parameters = { \"page[size]\" = { max = 50 } } }\n",
    );
    let mut client = gateway.client();
    assert_eq!(client.get("/items?page[size]=50").status, 200);
    let refused = client.get("/items?page[size]=51");
    assert_eq!((refused.status, places(&refused)), (422, vec!["query/page[size]".to_owned()]));
}

#[test]
fn fields_are_checked_and_all_that_are_wrong_are_named() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[shield]\nmode = \"block\"\n[shield.route.users]\npaths = [\"/users\"]\n\
         [shield.route.users.fields]\n\
         \"query.sort\" = { type = \"sort\", one_of = [\"name\", \"age\"] }\n\
         \"body.email\" = { type = \"email\", required = true }\n\
         \"body.age\" = { type = \"integer\", min = 0, max = 150 }\n",
    );
    let mut client = gateway.client();
    let mut post = |target: &str, body: &str| client.request("POST", target, &[JSON], body);
    assert_eq!(post("/users?sort=name", "{\"email\": \"a@example.com\", \"age\": 9}").status, 200);
    let refused = post("/users?sort=password", "{\"email\": \"test@ok\", \"age\": 1000}");
    assert_eq!(refused.status, 422);
    let mut named = places(&refused);
    named.sort();
    // A wrong head is refused before its body is read.
    assert_eq!(named, ["query/sort"]);
    let refused = post("/users", "{\"email\": \"test@ok\", \"age\": 1000}");
    let mut named = places(&refused);
    named.sort();
    assert_eq!(named, ["body/age", "body/email"]);
    assert!(!refused.text().contains("test@ok"), "{}", refused.text());
    assert_eq!(places(&post("/users", "{}")), ["body/email"]);
    assert_eq!(post("/other", "{}").status, 200);
}

#[test]
fn a_body_that_breaks_its_schema_gets_422_with_the_paths() {
    let upstream = Upstream::text("ok");
    let schema = "{\"type\": \"object\", \"required\": [\"name\"], \"properties\": {\"name\": {\"type\": \"string\"}, \
                  \"tags\": {\"type\": \"array\", \"items\": {\"type\": \"string\", \"maxLength\": 3}}}}";
    let (gateway, _folder) = with_document(&upstream, "json_schema", schema);
    let mut client = gateway.client();
    let mut post = |body: &str| client.request("POST", "/", &[JSON], body);
    assert_eq!(post("{\"name\": \"a\", \"tags\": [\"x\"]}").status, 200);
    let refused = post("{\"name\": 1, \"tags\": [\"x\", \"long\"]}");
    assert_eq!(refused.status, 422);
    let mut named = places(&refused);
    named.sort();
    assert_eq!(named, ["body/name", "body/tags/1"]);
    assert_eq!(post("{\"name\": ").status, 400);
}

#[test]
fn an_openapi_document_says_what_operations_take() {
    let upstream = Upstream::text("ok");
    let document = "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"t\", \"version\": \"1\"}, \"paths\": {\"/pets/{id}\": {\"get\": \
                    {\"parameters\": [{\"name\": \"id\", \"in\": \"path\", \"required\": true, \"schema\": {\"type\": \"integer\"}}, \
                    {\"name\": \"limit\", \"in\": \"query\", \"schema\": {\"type\": \"integer\", \"maximum\": 10}}], \
                    \"responses\": {\"200\": {\"description\": \"ok\"}}}}}}";
    let (gateway, _folder) = with_document(&upstream, "openapi", document);
    let mut client = gateway.client();
    assert_eq!(client.get("/pets/1?limit=5").status, 200);
    let refused = client.get("/pets/1?limit=50");
    assert_eq!((refused.status, places(&refused)), (422, vec!["query/limit".to_owned()]));
}

/// A gateway whose only route uses a document.
fn with_document(upstream: &Upstream, key: &str, document: &str) -> (Gateway, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("document.json");
    std::fs::write(&file, document).expect("a temporary folder can be written");
    let shield = format!("[shield]\nmode = \"block\"\n[shield.route.all]\n{key} = {file:?}\n");
    (gateway(upstream, &shield), folder)
}

#[test]
fn an_upload_whose_bytes_are_not_what_it_says_is_refused() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[shield]\nmode = \"block\"\n[shield.route.files]\nuploads = { types = [\"png\", \"pdf\"], max_size = \"6MiB\" }\n",
    );
    let upload = |content: &str| {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n\r\n{content}\r\n--b--\r\n"
        );
        let form = ("Content-Type", "multipart/form-data; boundary=b");
        gateway.client().request("POST", "/files", &[form], &body)
    };
    let refused = upload(&"these are no pixels ".repeat((5 << 20) / 20));
    assert_eq!(refused.status, 415, "{}", refused.text());
    assert_eq!(places(&refused), ["body/file"]);
    assert!(upstream.seen().is_empty(), "the upstream has seen a complete request");
}

#[test]
fn detect_changes_and_refuses_nothing() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        "[shield.route.all]\npage = {}\nfields = { \"query.mail\" = { type = \"email\" } }\n",
    );
    let target = "/items?per_page=100000&mail=test@ok";
    assert_eq!(gateway.get(target).status, 200);
    assert_eq!(upstream.only().head.word(1), target);
    let line = &crate::audit_log(&gateway, 1)[0];
    assert_eq!(line["action"], "would_refuse");
    assert!(line["issues"].as_array().is_some_and(|issues| !issues.is_empty()), "{line}");
}
