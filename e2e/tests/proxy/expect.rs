//! `Expect: 100-continue`: the client is told to go on only when somebody is there to take the body.

use e2e::{Gateway, Reservation, Upstream};

const HEAD: &str = "POST /up HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

#[test]
fn the_client_is_told_to_continue_and_the_body_arrives() {
    let upstream = Upstream::serve(|connection| {
        while let Some(head) = connection.read_head() {
            if head.header("expect").is_some() {
                connection.write("HTTP/1.1 100 Continue\r\n\r\n");
            }
            let mut body = [0; 4];
            let read = std::io::Read::read_exact(connection.stream(), &mut body);
            connection.ok(if read.is_ok() && body == *b"body" { "got it" } else { "lost it" });
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send(HEAD);
    assert_eq!(client.receive_head().word(1), "100");
    client.send("body");
    assert_eq!(client.receive().text(), "got it");
}

#[test]
fn without_an_upstream_the_answer_is_final_at_once() {
    let nobody = Reservation::new();
    let gateway = Gateway::run(&["--to", &nobody.address.to_string()]);
    let mut client = gateway.client();
    client.send(HEAD);
    let answer = client.receive();
    assert_eq!((answer.status, answer.interim.as_slice()), (502, &[][..]));
}

#[test]
fn an_upstream_may_refuse_before_the_body() {
    let upstream = Upstream::serve(|connection| {
        if connection.read_head().is_some() {
            connection
                .write("HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send(HEAD);
    assert_eq!(client.receive().status, 417);
}
