//! Instances that lie about their answers: the client is told so or cut off, and never given a piece that looks whole.

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::{Answer, Config, Gateway, Upstream, eventually};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What a client makes of an upstream that says `raw` and then waits.
fn says(raw: impl Into<String>) -> std::io::Result<Answer> {
    let raw = raw.into();
    let upstream = Upstream::serve(move |connection| {
        if connection.read().is_some() {
            connection.write(&raw);
            connection.wait_gone();
        }
    });
    let answer = Gateway::to(&upstream).client().try_request("GET", "/", &[], "");
    eventually("the upstream is released", || (upstream.gone() == 1).then_some(()));
    answer
}

/// How many connections brought a request: probes open others.
fn used(upstream: &Upstream) -> usize {
    upstream.seen().iter().map(|seen| seen.connection).collect::<HashSet<_>>().len()
}

/// A head that is refused, and the kind of problem the client is told.
fn is_refused(raw: impl Into<String>) {
    let raw = raw.into();
    let shown: String = raw.chars().take(100).collect();
    let answer = says(raw).unwrap_or_else(|e| panic!("{shown:?}: {e}"));
    let kind = answer.problem()["type"].clone();
    assert_eq!((answer.status, kind), (502, "urn:poundlock:problem:upstream-invalid".into()), "{shown:?}");
}

#[test]
fn lengths_that_are_none_or_many_are_refused() {
    for length in ["5, 5", "+5", "-5", "0x5", "5 5", "18446744073709551616", ""] {
        is_refused(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello"));
    }
    is_refused("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
    is_refused(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    is_refused("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
}

#[test]
fn codings_nobody_asked_for_are_refused() {
    for coding in ["gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "x"] {
        is_refused(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
    }
    is_refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
}

#[test]
fn heads_without_end_are_refused() {
    is_refused(format!("HTTP/1.1 200 OK\r\nX-Endless: {}", "x".repeat(1 << 20)));
    is_refused(format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(20_000)));
    is_refused(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101)));
    is_refused("HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000));
    is_refused("\0".repeat(100));
}

#[test]
fn broken_chunks_break_the_answer() {
    for chunks in [
        "x\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhello\r\n0\r\nno field\r\n\r\n",
    ] {
        assert!(says(format!("{CHUNKED}{chunks}")).is_err(), "{chunks:?}");
    }
    assert!(says(format!("{CHUNKED}5;{}", "x".repeat(1 << 20))).is_err());
    assert!(says(format!("{CHUNKED}0\r\nx: {}", "x".repeat(1 << 20))).is_err());
}

#[test]
fn extensions_are_dropped_and_trailers_that_belong_in_a_head_too() {
    let upstream = Upstream::answering(|_| {
        let head = "HTTP/1.1 200 OK\r\nTrailer: x-sum, set-cookie, content-length\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}5;x=\"y\"\r\nhello\r\n0;z\r\nx-sum: 5\r\nset-cookie: a=b\r\ncontent-length: 9\r\n\r\n")
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for _ in 0..2 {
        let answer = client.request("GET", "/", &[("TE", "trailers"), ("Connection", "TE")], "");
        let trailers = ["x-sum", "set-cookie", "content-length"].map(|name| answer.trailer(name));
        assert_eq!((answer.text().as_str(), trailers), ("hello", [Some("5"), None, None]));
    }
    assert_eq!(used(&upstream), 1);
}

#[test]
fn bytes_behind_an_answer_answer_nothing() {
    for head in ["Content-Length: 2\r\n\r\nok", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"] {
        let upstream = Upstream::serve(move |connection| {
            while connection.read().is_some() {
                let more = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
                connection.write(format!("HTTP/1.1 200 OK\r\n{head}{more}"));
            }
        });
        let gateway = Gateway::to(&upstream);
        let mut client = gateway.client();
        for n in 1..=5 {
            assert_eq!(client.get("/").text(), "ok");
            assert_eq!(used(&upstream), n, "a connection that is out of step was kept");
        }
    }
}

#[test]
fn a_connection_that_speaks_while_idle_is_not_used_again() {
    let spoken = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = spoken.clone();
    let upstream = Upstream::serve(move |connection| {
        if connection.read().is_some() && connection.ok("ok") {
            std::thread::sleep(std::time::Duration::from_millis(50));
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
            counter.fetch_add(1, Ordering::SeqCst);
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    for n in 1..=3 {
        assert_eq!(gateway.get("/").text(), "ok");
        eventually("it has spoken", || (spoken.load(Ordering::SeqCst) == n).then_some(()));
        // The once-a-second look at idle connections closes it, even if nobody asks for it.
        eventually("the connection is closed", || (upstream.gone() == n).then_some(()));
    }
}

#[test]
fn an_answer_that_is_complete_before_its_request_leaves_the_connection_in_step() {
    let upstream = Upstream::serve(|connection| {
        while connection.read_head().is_some() {
            connection.ok("early");
            while connection.read_chunk().is_some() {}
            // The last chunk has no trailers: its empty line is still to be read.
            let mut end = [0; 2];
            std::io::Read::read_exact(connection.stream(), &mut end).expect("the rest of the request");
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    for _ in 0..3 {
        client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        assert_eq!(client.receive().text(), "early");
        client.send("3\r\ndef\r\n0\r\n\r\n");
    }
    assert_eq!(upstream.broken(), Vec::<String>::new());
}

#[test]
fn an_upload_goes_on_while_nobody_reads_the_answer() {
    const SIZE: usize = 24 << 20;
    let upstream = Upstream::serve(|connection| {
        let Some(_) = connection.read_head() else { return };
        let mut answer = connection.stream().get_ref().try_clone().expect("a socket can be cloned");
        let writer = std::thread::spawn(move || {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n");
            answer.write_all(head.as_bytes()).and_then(|()| answer.write_all(&vec![b'd'; SIZE]))
        });
        let mut upload = std::io::Read::take(connection.stream(), SIZE as u64);
        std::io::copy(&mut upload, &mut std::io::sink()).expect("the upload arrives");
        writer.join().expect("a writer does not panic").expect("the answer is taken");
    });
    let gateway = Gateway::start(&Config::to(&[&upstream]).listener("max_body = \"64MiB\""));
    let mut client = gateway.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {SIZE}\r\n\r\n"));
    client.send(vec![b'u'; SIZE]);
    assert_eq!(client.receive().body.bytes.len(), SIZE);
}

#[test]
fn a_request_that_breaks_off_breaks_the_answer_that_has_begun() {
    let upstream = Upstream::serve(|connection| {
        if connection.read_head().is_some() {
            connection.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
            connection.wait_gone();
        }
    });
    let gateway = Gateway::to(&upstream);
    let mut client = gateway.client();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    assert_eq!(client.receive_head().word(1), "200");
    client.send("not a size\r\n");
    eventually("the upstream is released", || (upstream.gone() == 1).then_some(()));
    let rest = client.finish();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the answer looks whole: {:?}", String::from_utf8_lossy(&rest));
}

#[test]
fn an_http_1_0_upstream_is_kept_only_if_it_says_so() {
    for (connection, connections) in [("keep-alive", 1), ("x", 3)] {
        let upstream = Upstream::serve(move |peer| {
            while peer.read().is_some() {
                peer.write(format!(
                    "HTTP/1.0 200 OK\r\nConnection: {connection}\r\nContent-Length: 2\r\n\r\nok"
                ));
            }
        });
        let gateway = Gateway::to(&upstream);
        let mut client = gateway.client();
        for _ in 0..3 {
            assert_eq!(client.get("/").text(), "ok");
        }
        assert_eq!(used(&upstream), connections, "{connection}");
    }
}
