//! WebSockets: they stay open through a reload, and are told to go away (1001) at the end.

use e2e::{Config, Frame, Gateway, Signal, Upstream, WebSocket, eventually, serve_websocket};

#[test]
fn a_websocket_stays_open_through_a_reload() {
    let (upstream, other) = (serve_websocket(), Upstream::text("other"));
    let gateway = Gateway::start(&Config::to(&[&upstream]));
    let mut socket = WebSocket::open(gateway.client(), "/ws");
    socket.echo("before");
    gateway.rewrite(&Config::to(&[&other]));
    gateway.signal(Signal::Hangup);
    eventually("the new configuration is in force", || (gateway.get("/").text() == "other").then_some(()));
    for n in 0..10 {
        socket.echo(&format!("after {n}"));
    }
    assert_eq!(upstream.heads().iter().filter(|head| head.word(1) == "/ws").count(), 1);
}

#[test]
fn a_websocket_is_told_to_go_away_at_the_end() {
    let upstream = serve_websocket();
    let drain = "drain = { delay = \"100ms\", grace = \"5s\" }";
    let mut gateway = Gateway::start(&Config::to(&[&upstream]).top(drain));
    let mut sockets: Vec<WebSocket> = (0..5).map(|_| WebSocket::open(gateway.client(), "/")).collect();
    for socket in &mut sockets {
        socket.echo("open");
    }
    gateway.signal(Signal::Terminate);
    for mut socket in sockets {
        assert_eq!(socket.receive(), Some(Frame::Close(1001)));
        socket.close(1001);
    }
    assert_eq!(gateway.wait_exit(), Some(0));
}
