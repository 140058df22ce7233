//! A false alarm is let pass by what `shield explain` proposes, without a restart.

use crate::{ATTACK, config, gateway, reload};
use e2e::{Gateway, Upstream, poundlock};

/// The lines that `poundlock shield explain` proposes.
fn proposed(gateway: &Gateway) -> String {
    let args = ["shield", "explain", "' OR 1=1 --", "--field", "q", "--method", "GET", "--path", "/search"];
    let explained = poundlock(gateway.folder(), &args);
    assert_eq!(explained.code, Some(0), "{}", explained.stderr);
    let at = explained
        .stdout
        .find("exclude = [")
        .unwrap_or_else(|| panic!("no exclusion in {}", explained.stdout));
    explained.stdout[at..].to_owned()
}

#[test]
fn the_proposed_exclusion_lets_exactly_this_pass() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "[shield]\nmode = \"block\"\n");
    let mut client = gateway.client();
    assert_eq!(client.get(ATTACK).status, 403);
    let shield = format!("[shield]\nmode = \"block\"\n{}\n", proposed(&gateway));
    reload(&gateway, &config(&upstream, &shield));
    assert_eq!(client.get(ATTACK).status, 200);
    assert_eq!(client.get("/search?other=%27%20OR%201%3D1%20--").status, 403);
    assert_eq!(client.get("/elsewhere?q=%27%20OR%201%3D1%20--").status, 403);
}

#[test]
fn a_bad_change_is_refused_as_a_whole() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "shield.mode = \"block\"");
    gateway.rewrite(&config(&upstream, "shield = { mode = \"blok\", level = 9 }"));
    let answer = gateway.change("POST", "/api/v1/reload", "");
    assert_eq!(answer.status, 422);
    assert_eq!(answer.problem()["errors"].as_array().map(Vec::len), Some(2), "{}", answer.text());
    assert_eq!(gateway.get(ATTACK).status, 403);
}

#[test]
fn a_document_that_is_no_schema_is_an_error_with_its_place() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, "");
    std::fs::write(gateway.folder().join("bad.json"), "{\"type\": 5}").expect("it can be written");
    for (file, words) in [("bad.json", "poundlock.toml:"), ("missing.json", "cannot read")] {
        gateway.rewrite(&config(&upstream, &format!("shield.route.a.json_schema = \"{file}\"")));
        let checked = poundlock(gateway.folder(), &["check"]);
        assert_eq!(checked.code, Some(2), "{}", checked.stdout);
        assert!(
            checked.stderr.contains(words) && checked.stderr.contains("json_schema"),
            "{}",
            checked.stderr
        );
    }
}
