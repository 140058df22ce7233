//! What a reload can and cannot take over.

use super::*;

#[track_caller]
fn check(old: &str, new: &str, expect: &[&str]) {
    let load = |text: &str| {
        config(&format!("workers = 2\n{text}\n{MINIMAL}").replacen("workers = 2\nworkers", "workers", 1))
    };
    assert_eq!(diff_needs_restart(&load(old), &load(new)), expect);
}

#[test]
fn only_what_is_read_at_start_needs_one() {
    check("", "", &[]);
    check("", "drain.grace = \"1s\"", &[]);
    check("", "metrics.prometheus = false", &["metrics.prometheus"]);
    check("", "listen.http = { trusted_proxies = [\"10.0.0.0/8\"], ops = true, max_body = \"1MB\" }", &[]);
    check("", "workers = 3\naccess_log = \"-\"\nstate_dir = \"x\"", &["access_log", "workers", "state_dir"]);
    check("", "log = { level = \"warn\", format = \"json\" }", &["log.level", "log.format"]);
    check("", "admin.address = \"127.0.0.1:9901\"", &["admin.address"]);
    check("", "listen.http.address = \"0.0.0.0:81\"", &["listen.http.address"]);
    check("", "listen.web.address = \"0.0.0.0:81\"", &["listen.web", "listen.http"]);
    check("", "listen.http = { head_timeout = \"1s\", idle_timeout = \"1s\" }", &[]);
    check("", "listen.http = { max_head = \"8KiB\", max_headers = 5 }", &[]);
    check("", "limits.a = { rate = \"1/s\" }", &[]);
    check("", "shield = { mode = \"block\", audit = \"-\", level = 2 }", &[]);
    check("", "store = { on_error = \"deny\", nodes = 2 }", &["store"]);
    check("", "listen.http.max_connections = 6", &["listen.http.max_connections"]);
}

#[test]
fn a_service_needs_none() {
    let before = config(MINIMAL);
    let after =
        config(&format!("{MINIMAL}throttle = {{ mode = \"on\", max = 50 }}\ntimeout.request = \"1s\"\n"));
    assert_ne!(before.services, after.services);
    assert_eq!(diff_needs_restart(&before, &after), [""; 0]);
}
