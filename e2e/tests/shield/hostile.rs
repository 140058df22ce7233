//! What a hostile client does to whoever looks at its requests: the gateway answers, stays up, and stays small.

use crate::{audit_log, config, gateway};
use e2e::{Gateway, Upstream};

/// Sends a body of a type, and returns the status.
fn post(gateway: &Gateway, media_type: &str, body: &[u8]) -> u16 {
    let mut client = gateway.client();
    let length = body.len();
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: test\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.send(body).receive().status
}

#[test]
fn what_cannot_be_parsed_is_answered() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let json = "application/json";
    let nested = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let cases: [(&str, Vec<u8>); 7] = [
        (json, nested.into_bytes()),
        (json, b"{\"a\": \"\xff\xfe\0\"".to_vec()),
        (json, vec![b'{'; 100_000]),
        ("application/x-www-form-urlencoded", "a=1&".repeat(100_000).into_bytes()),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\"a".to_vec()),
        ("application/xml", b"<a><b><c attr='".to_vec()),
        ("application/octet-stream", (0..=255).cycle().take(200_000).collect()),
    ];
    for (media_type, body) in cases {
        let status = post(&gateway, media_type, &body);
        assert!([200, 400, 403, 413, 422].contains(&status), "{status} for {media_type}");
    }
    assert_eq!(post(&gateway, json, b"{\"a\": 1}"), 200);
}

#[test]
fn an_attack_in_chunks_of_one_byte_is_found() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    let mut client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n");
    for byte in "q=1%27+OR+%271%27%3D%271".chars() {
        client.send(format!("1\r\n{byte}\r\n"));
    }
    assert_eq!(client.send("0\r\n\r\n").receive().status, 403);
    assert!(upstream.heads().is_empty());
    assert_eq!(audit_log(&gateway, 1)[0]["findings"][0]["location"], "body.q");
}

#[test]
fn a_body_that_stops_is_given_up_and_one_that_is_cut_reaches_nobody() {
    let upstream = Upstream::text("ok");
    let config = config(&upstream, "shield.mode = \"block\"").service("timeout = { request = \"1s\" }");
    let gateway = Gateway::start(&config);
    let head =
        "POST / HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nhalf";
    assert_eq!(gateway.client().send(head).receive().status, 408);
    let mut cut = gateway.client();
    cut.send(head);
    drop(cut.finish());
    assert_eq!(gateway.get("/").status, 200);
    assert_eq!(upstream.seen().len(), 1, "{:?}", upstream.seen());
}

#[test]
fn many_bodies_that_wait_take_what_is_promised() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield = { mode = \"block\", hold = \"128KiB\" }");
    let resident = || gateway.metrics().sum("process_resident_memory_bytes", &[]);
    let (before, body) = (resident(), "a".repeat(100 << 10));
    let waiting: Vec<_> = (0..200)
        .map(|_| {
            let mut client = gateway.client();
            client.send(format!(
                "POST / HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\nContent-Length: 200000\r\n\r\n{body}"
            ));
            client
        })
        .collect();
    let grown = resident() - before;
    // What waits itself is 20 MiB; the rest is buffers of connections.
    assert!(grown < f64::from(100 << 20), "{grown} bytes for {} bodies", waiting.len());
    assert_eq!(gateway.get("/").status, 200);
}
