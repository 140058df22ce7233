//! Upgrades: a WebSocket passes in both directions; a refused upgrade is an ordinary answer.

use e2e::{Frame, Gateway, Upstream, WebSocket, eventually, serve_websocket};

const UPGRADE: &[(&str, &str)] = &[
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[test]
fn a_websocket_echoes() {
    let upstream = serve_websocket();
    let gateway = Gateway::to(&upstream);
    let mut socket = WebSocket::open(gateway.client(), "/ws?x=1");
    for n in 0..20 {
        socket.echo(&format!("message {n}"));
    }
    socket.close(1000);
    assert_eq!(socket.receive(), Some(Frame::Close(1000)));
    assert_eq!(socket.receive(), None);
    assert_eq!(upstream.heads()[0].word(1), "/ws?x=1");
}

#[test]
fn bytes_sent_right_behind_the_handshake_are_not_lost() {
    let upstream = Upstream::serve(|connection| {
        if connection.read_head().is_some() {
            connection.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x01early");
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_eq!(client.receive_head().word(1), "101");
    assert_eq!(client.receive_bytes(6), b"\x01early");
}

#[test]
fn a_refused_upgrade_is_an_ordinary_answer() {
    let upstream = Upstream::text("no sockets here");
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    let answer = client.request("GET", "/", UPGRADE, "");
    assert_eq!((answer.status, answer.text().as_str()), (200, "no sockets here"));
    assert_eq!(client.get("/again").status, 200);
}

#[test]
fn an_upgrade_that_was_not_asked_for_is_not_passed_on() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            );
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    assert_eq!(gateway.get("/").status, 502);
}

#[test]
fn a_client_that_leaves_ends_the_upgraded_connection() {
    let upstream = Upstream::serve(|connection| {
        if connection.read().is_some() {
            connection.write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            );
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_eq!(client.receive_head().word(1), "101");
    drop(client);
    eventually("the upstream is released", || (upstream.gone() == 1).then_some(()));
}

#[test]
fn an_upstream_that_leaves_ends_the_upgraded_connection() {
    let mut upstream = serve_websocket();
    let gateway = Gateway::to(&upstream);
    let mut socket = WebSocket::open(gateway.client(), "/");
    socket.echo("here");
    upstream.kill();
    assert_eq!(socket.receive(), None);
}
