//! A changed file: taken over when it is good, refused with its errors when it is not, in both cases without a gap.

use e2e::{Client, Config, Gateway, Signal, Upstream, eventually};

#[test]
fn a_hangup_takes_the_changed_file_over() {
    let [old, new] = ["old", "new"].map(Upstream::text);
    let gateway = Gateway::start(&Config::to(&[&old]));
    let mut client = gateway.client();
    assert_eq!(client.get("/").text(), "old");
    gateway.rewrite(&Config::to(&[&new]));
    gateway.signal(Signal::Hangup);
    eventually("the new upstream has the traffic", || (client.get("/").text() == "new").then_some(()));
}

#[test]
fn a_changed_file_is_noticed_without_a_signal() {
    let [old, new] = ["old", "new"].map(Upstream::text);
    let gateway = Gateway::start(&Config::to(&[&old]));
    gateway.rewrite(&Config::to(&[&new]));
    eventually("the new upstream has the traffic", || (gateway.get("/").text() == "new").then_some(()));
}

#[test]
fn limits_change_with_the_file() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start(&Config::to(&[&upstream]));
    assert_eq!(gateway.client().request("POST", "/", &[], "four").status, 200);
    gateway.rewrite(&Config::to(&[&upstream]).listener("max_body = \"3B\""));
    gateway.signal(Signal::Hangup);
    let refused = || gateway.client().request("POST", "/", &[], "four").status == 413;
    eventually("the new limit is in force", || refused().then_some(()));
}

#[test]
fn a_broken_file_changes_nothing_and_is_pointed_at() {
    let upstream = Upstream::text("still here");
    let gateway = Gateway::start(&Config::to(&[&upstream]));
    gateway.rewrite(&Config::to(&[&upstream]).service("timeout = { request = \"soon\" }"));
    gateway.signal(Signal::Hangup);
    gateway.wait_log("poundlock.toml:");
    assert!(gateway.log().contains("soon"), "the log does not show the line");
    assert_eq!(gateway.get("/").text(), "still here");
    assert_eq!(gateway.admin_get("/health/ready").status, 200);
}

#[test]
fn a_file_repaired_after_a_broken_one_is_taken_over() {
    let [old, new] = ["old", "new"].map(Upstream::text);
    let gateway = Gateway::start(&Config::to(&[&old]));
    gateway.rewrite(&Config::to(&[&old]).top("nonsense = 1"));
    gateway.signal(Signal::Hangup);
    gateway.wait_log("nonsense");
    gateway.rewrite(&Config::to(&[&new]));
    gateway.signal(Signal::Hangup);
    eventually("the new upstream has the traffic", || (gateway.get("/").text() == "new").then_some(()));
}

#[test]
fn the_admin_api_reloads() {
    let [old, new] = ["old", "new"].map(Upstream::text);
    let gateway = Gateway::start(&Config::to(&[&old]));
    gateway.rewrite(&Config::to(&[&new]));
    let bearer = format!("Bearer {}", gateway.token());
    let answer = gateway.admin("POST", "/api/v1/reload", &[("Authorization", &bearer)]);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(gateway.get("/").text(), "new");
}

#[test]
fn the_admin_api_tells_what_is_wrong_with_a_file() {
    let upstream = Upstream::text("still here");
    let gateway = Gateway::start(&Config::to(&[&upstream]));
    gateway.rewrite(&Config::to(&[&upstream]).top("nonsense = 1"));
    let bearer = format!("Bearer {}", gateway.token());
    let answer = gateway.admin("POST", "/api/v1/reload", &[("Authorization", &bearer)]);
    assert!(matches!(answer.status, 409 | 422), "{answer:?}");
    assert!(answer.text().contains("nonsense"), "{answer:?}");
    assert_eq!(gateway.get("/").text(), "still here");
}

#[test]
fn a_request_under_way_ends_where_it_began() {
    let slow = Upstream::serve(|connection| {
        while let Some(request) = connection.read() {
            if request.head.word(1) == "/slow" {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nol");
                connection.wait_for_bytes();
                return;
            }
            connection.ok("old");
        }
    });
    let new = Upstream::text("new");
    let gateway = Gateway::start(&Config::to(&[&slow]));
    let mut under_way: Client = gateway.client();
    under_way.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!(under_way.receive_head().word(1), "200");
    gateway.rewrite(&Config::to(&[&new]));
    gateway.signal(Signal::Hangup);
    eventually("the new upstream has the traffic", || (gateway.get("/").text() == "new").then_some(()));
    assert_eq!(under_way.receive_bytes(2), b"ol");
    assert!(
        !under_way.hears_within(std::time::Duration::from_millis(200)),
        "the answer was cut by the reload"
    );
}
