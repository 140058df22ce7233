//! One document, in both versions, and requests that fit it or do not.

use super::*;
use serde_json::json;

fn document(version: &str) -> Value {
    json!({
        "openapi": version,
        "paths": {
            "/users/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "operationId": "getUser",
                    "parameters": [
                        {"name": "fields", "in": "query", "schema": {"type": "array", "items": {"enum": ["name", "mail"]}}, "explode": false},
                        {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}, "maxItems": 2}},
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                        {"name": "filter", "in": "query", "style": "deepObject", "schema": {"$ref": "#/components/schemas/Filter"}},
                        {"name": "where", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                        {"name": "X-Trace", "in": "header", "required": true, "schema": {"type": "string", "minLength": 2}},
                        {"name": "seen", "in": "cookie", "schema": {"type": "boolean"}},
                    ],
                },
                "delete": {},
            },
            "/users/me": {"get": {"operationId": "getMe"}},
            "/files/{name}.json": {"get": {"parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string", "maxLength": 3}}]}},
            "/users": {"post": {"operationId": "addUser", "requestBody": {"$ref": "#/components/requestBodies/User"}}},
        },
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}},
            "requestBodies": {"User": {"required": true, "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/User"}},
                "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/User"}},
                "image/*": {},
            }}},
            "schemas": {
                "Filter": {"type": "object", "properties": {"age": {"type": "integer"}}, "additionalProperties": false},
                "User": {"type": "object", "required": ["id", "name"], "additionalProperties": false, "properties": {
                    "id": {"type": "integer", "readOnly": true},
                    "name": {"type": "string"},
                    "age": {"type": "integer"},
                    "roles": {"type": "array", "items": {"type": "integer"}},
                    "friend": {"$ref": "#/components/schemas/User"},
                }},
            },
        },
    })
}

fn api() -> OpenApi {
    let options = OpenApiOptions {
        base_path: "/api/".to_owned(),
        unknown_query: Unknown::Refused,
        ..OpenApiOptions::default()
    };
    OpenApi::compile(&document("3.1.0"), options).unwrap()
}

fn check(method: &str, path: &str, request: RequestParts<'_>, expected: &[&str]) {
    let api = api();
    let result = api.find(method, path).unwrap().check(request);
    let found: Vec<String> =
        result.err().iter().flat_map(|issues| issues.as_slice()).map(ToString::to_string).collect();
    assert_eq!(found, expected, "{method} {path} {request:?}");
}

fn get(query: &str, expected: &[&str]) {
    let headers = [("x-trace", "ab"), ("cookie", "a=b; seen=true")];
    check("GET", "/api/users/7", RequestParts { query, headers: &headers, body: None }, expected);
}

#[test]
fn operations_are_found_by_method_and_path() {
    let api = api();
    let id =
        |method, path| api.find(method, path).map(|found| found.operation.id.clone().unwrap_or_default());
    assert_eq!(id("GET", "/api/users/7"), Ok("getUser".to_owned()));
    assert_eq!(id("head", "/api/users/7"), Ok("getUser".to_owned()));
    assert_eq!(id("GET", "/api/users/me"), Ok("getMe".to_owned()), "words go first");
    assert_eq!(id("GET", "/api/users/%6de"), Ok("getMe".to_owned()));
    assert_eq!(id("PUT", "/api/users/7"), Err(Miss::Method(vec!["GET".to_owned(), "DELETE".to_owned()])));
    for path in
        ["/users/7", "/api", "/apiusers/7", "/api/users/", "/api/users/7/", "/api//users/7", "/api/users/7/x"]
    {
        assert_eq!(id("GET", path), Err(Miss::Path), "{path}");
    }
    assert_eq!(api.operations().len(), 5);
}

#[test]
fn parameters_of_every_part() {
    get("", &[]);
    get("limit=100&tag=1&tag=2&fields=name,mail&filter[age]=3&where=%7B%7D", &[]);
    get("limit=101", &["query/limit: value is greater than the maximum of 100"]);
    get("limit=ten", &["query/limit: value is not of type \"integer\""]);
    get("limit=1&limit=2", &["query/limit: must be given once"]);
    get(
        "tag=1&tag=x&tag=3",
        &["query/tag: value has more than 2 items", "query/tag/1: value is not of type \"integer\""],
    );
    get("fields=name,password", &["query/fields/1: value is not one of \"name\" or \"mail\""]);
    get("filter%5Bage%5D=x", &["query/filter/age: value is not of type \"integer\""]);
    get("filter[name]=x", &["query/filter: must not have names that the schema does not know"]);
    get("where={", &["query/where: must be JSON"]);
    get("where=1", &["query/where: value is not of type \"object\""]);
    get("debug=1", &["query/debug: must not be given here"]);
    let none = RequestParts::default();
    check(
        "GET",
        "/api/users/0",
        none,
        &["header/X-Trace: must be given", "path/id: value is less than the minimum of 1"],
    );
    let bad = [("X-TRACE", "a"), ("Cookie", "seen=maybe")];
    let short = [
        "header/X-Trace: value is shorter than 2 characters",
        "cookie/seen: value is not of type \"boolean\"",
    ];
    check("GET", "/api/users/1", RequestParts { headers: &bad, ..none }, &short);
    check("GET", "/api/files/a%2Fb.json", none, &[]);
    check("GET", "/api/files/abcd.json", none, &["path/name: value is longer than 3 characters"]);
}

fn post(content_type: &str, body: &str, expected: &[&str]) {
    let headers = [("Content-Type", content_type)];
    let request = RequestParts { headers: &headers, body: Some(body.as_bytes()), ..RequestParts::default() };
    check("POST", "/api/users", request, expected);
}

#[test]
fn bodies() {
    post("application/json; charset=utf-8", r#"{"name":"a","friend":{"name":"b"}}"#, &[]);
    let wrong =
        ["body/friend/age: value is not of type \"integer\"", "body/friend: \"name\" is a required property"];
    let sorted = |body: &str| {
        let headers = [("content-type", "application/json")];
        let api = api();
        let issues = api.find("POST", "/api/users").unwrap().check(RequestParts {
            headers: &headers,
            body: Some(body.as_bytes()),
            query: "",
        });
        let mut found: Vec<String> = issues.unwrap_err().as_slice().iter().map(ToString::to_string).collect();
        found.sort();
        found
    };
    let mut wrong = wrong.map(str::to_owned);
    wrong.sort();
    assert_eq!(sorted(r#"{"name":"a","friend":{"age":"x"}}"#), wrong);
    post("application/json", "{", &["body: must be a complete JSON document (at byte 1)"]);
    post("application/json", "", &["body: must be given"]);
    post("application/x-www-form-urlencoded", "name=a+b&age=3&roles=1&roles=2", &[]);
    post(
        "application/x-www-form-urlencoded",
        "name=a&age=x&roles=1",
        &["body/age: value is not of type \"integer\""],
    );
    post(
        "application/x-www-form-urlencoded",
        "name=a&name=b&name=c",
        &["body/name: value is not of type \"string\""],
    );
    post("image/png", "anything", &[]);
    let types =
        "body: must have a content type of application/json, application/x-www-form-urlencoded, image/*";
    post("text/plain", "{}", &[types]);
    post("", "{}", &[types]);
}

#[test]
fn schemas_of_version_3_0_keep_their_meaning() {
    let mut old = document("3.0.3");
    old["components"]["schemas"]["User"]["properties"]["name"] =
        json!({"type": "string", "nullable": true, "enum": ["a"]});
    old["components"]["schemas"]["User"]["properties"]["age"] = json!({"type": "integer", "minimum": 5, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false});
    let api = OpenApi::compile(&old, OpenApiOptions::default()).unwrap();
    let headers = [("content-type", "application/json")];
    let accepts = |body: &str| {
        let request = RequestParts { headers: &headers, body: Some(body.as_bytes()), query: "" };
        api.find("POST", "/users").unwrap().check(request).is_ok()
    };
    assert!(accepts(r#"{"name":null,"age":6}"#) && accepts(r#"{"name":"a","age":9}"#));
    assert!(
        !accepts(r#"{"name":"b"}"#)
            && !accepts(r#"{"name":"a","age":5}"#)
            && !accepts(r#"{"name":"a","age":10}"#)
    );
}

#[test]
fn documents_that_cannot_be_used_say_where() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut document = document("3.1.0");
        change(&mut document);
        OpenApi::compile(&document, OpenApiOptions::default()).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|d| d["openapi"] = json!("2.0")),
        "must be an OpenAPI document of version 3.0 or 3.1"
    );
    assert_eq!(refused(&|d| d["paths"] = json!(null)), "`/paths`: must be there");
    assert_eq!(
        refused(
            &|d| d["paths"]["/users/{id}"]["parameters"][0]["$ref"] = json!("#/components/parameters/None")
        ),
        "`/components/parameters/None`: a reference to nothing"
    );
    let outside = refused(&|d| d["components"]["schemas"]["User"] = json!({"$ref": "https://example.com/x"}));
    assert!(
        outside.contains("/requestBodies/User/content/") && outside.contains("external resources"),
        "{outside}"
    );
    assert!(
        refused(&|d| d["components"]["schemas"]["User"] = json!({"$ref": "#/components/schemas/User"}))
            .contains("a reference to itself")
    );
    assert_eq!(
        refused(&|d| d["paths"]["/a/{b}"] = json!({"get": {}})),
        "`/paths/~1a~1{b}/get`: must describe each variable of its path"
    );
    assert_eq!(
        refused(&|d| d["paths"]["/a/{b}{c}"] = json!({"get": {}})),
        "`/paths/~1a~1{b}{c}`: must be a path with at most one variable a segment"
    );
    assert!(
        refused(&|d| d["components"]["parameters"]["Id"]["schema"] = json!({"type": "object"}))
            .contains("deepObject")
    );
    assert!(
        refused(&|d| d["components"]["parameters"]["Id"]["schema"]["pattern"] = json!("(?=x)"))
            .contains("/components/parameters/Id/schema")
    );
}
