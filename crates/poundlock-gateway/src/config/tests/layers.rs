//! Which layer wins, and how text becomes values.

use super::*;

/// The effective value and origin of a path.
#[track_caller]
fn check(sources: &Sources, path: &str, value: Value, origin: &str) {
    let loaded = load(sources).unwrap_or_else(|problems| panic!("{problems}"));
    let shown = loaded.show_json();
    let pointer = format!("/config/{}", path.replace('.', "/"));
    assert_eq!(shown.pointer(&pointer), Some(&value), "{path}");
    assert_eq!(shown["origin"][path], Value::from(origin), "{path}");
}

#[test]
fn later_layers_win() {
    let path = "metrics.prometheus";
    let own = ("POUNDLOCK__METRICS__PROMETHEUS", "true");
    let well_known = ("PROMETHEUS_METRICS_ENABLED", "false");
    let mut sources = file(MINIMAL);
    check(&sources, path, true.into(), "default");
    sources = file(&format!("metrics.prometheus = false\n{MINIMAL}"));
    check(&sources, path, false.into(), "poundlock.toml:1");
    sources = file(&format!("metrics.prometheus = true\n{MINIMAL}"));
    sources.env = env(&[well_known]);
    check(&sources, path, false.into(), "variable PROMETHEUS_METRICS_ENABLED");
    sources.env = env(&[well_known, own]);
    check(&sources, path, true.into(), "variable POUNDLOCK__METRICS__PROMETHEUS");
    sources.flags = vec![("--metrics", "metrics.prometheus", false.into())];
    check(&sources, path, false.into(), "flag --metrics");
}

#[test]
fn every_pair_of_layers_in_order() {
    let layers: [fn(&mut Sources); 3] = [
        |sources| sources.file = file(&format!("drain.grace = \"1s\"\n{MINIMAL}")).file,
        |sources| drop(sources.env.insert("POUNDLOCK__DRAIN__GRACE".into(), "2s".into())),
        |sources| sources.flags.push(("--grace", "drain.grace", "3s".into())),
    ];
    let expected =
        [("1s", "poundlock.toml:1"), ("2s", "variable POUNDLOCK__DRAIN__GRACE"), ("3s", "flag --grace")];
    for chosen in 0..8_usize {
        let mut sources = file(MINIMAL);
        let on = |layer: usize| chosen & (1 << layer) != 0;
        layers.iter().enumerate().filter(|(layer, _)| on(*layer)).for_each(|(_, set)| set(&mut sources));
        let (value, origin) =
            (0..3).rfind(|layer| on(*layer)).map_or(("30s", "default"), |top| expected[top]);
        check(&sources, "drain.grace", value.into(), origin);
    }
}

#[test]
fn variables_are_typed_by_the_schema() {
    let cases = [
        ("POUNDLOCK__WORKERS", "7", "workers", Value::from(7)),
        ("poundlock__workers", " 7 ", "workers", Value::from(7)),
        ("Poundlock__Listen__HTTP__Ops", "Yes", "listen.http.ops", Value::from(true)),
        ("POUNDLOCK__ACCESS_LOG", "-", "access_log", Value::from("-")),
        ("POUNDLOCK__SERVICE__API__TO", "b:1, c:2,", "service.api.to", Value::from(vec!["b:1", "c:2"])),
        ("POUNDLOCK__SERVICE__MY_API__TO", "b:1", "service.my-api.to", Value::from(vec!["b:1"])),
        ("POUNDLOCK__SERVICE__API__TIMEOUT__CONNECT", "9s", "service.api.timeout.connect", Value::from("9s")),
    ];
    for (name, text, path, value) in cases {
        let text_of_file = format!("{MINIMAL}hosts = [\"a\"]\n");
        let sources = Sources { env: env(&[(name, text)]), ..file(&text_of_file) };
        check(&sources, path, value, &format!("variable {name}"));
    }
}

#[test]
fn two_variables_make_one_rate() {
    let with = |pairs: &[(&str, &str)]| Sources { env: env(pairs), ..file(MINIMAL) };
    let (requests, window) = (("RATE_LIMIT_REQUESTS", "5"), ("RATE_LIMIT_WINDOW_SECONDS", "10"));
    let path = "limits.default.rate";
    check(&with(&[requests, window]), path, "5/10s".into(), "variable RATE_LIMIT_REQUESTS");
    check(&with(&[requests]), path, "5/60s".into(), "variable RATE_LIMIT_REQUESTS");
    check(&with(&[window]), path, "100/10s".into(), "variable RATE_LIMIT_WINDOW_SECONDS");
    check(&with(&[requests]), "limits.default.key", "ip".into(), "default");
    check(&with(&[("REDIS_URL", "redis://a")]), "store.redis", "redis://a".into(), "variable REDIS_URL");
    assert!(load(&with(&[])).expect("valid").config.limits.is_empty());
    for bad in ["-1", "0", "ten"] {
        assert!(load(&with(&[("RATE_LIMIT_REQUESTS", bad)])).is_err(), "{bad}");
    }
}

#[test]
fn empty_means_unset() {
    let mut sources =
        file(&format!("access_log = \"\"\ndrain.grace = \"${{GRACE:-}}\"\nworkers = \"\"\n{MINIMAL}"));
    sources.env = env(&[("PROMETHEUS_METRICS_ENABLED", ""), ("POUNDLOCK__DRAIN__DELAY", ""), ("GRACE", "")]);
    check(&sources, "drain.grace", "30s".into(), "default");
    check(&sources, "drain.delay", "5s".into(), "default");
    check(&sources, "metrics.prometheus", true.into(), "default");
    let loaded = load(&sources).expect("valid");
    assert_eq!(loaded.config.access_log, None);
    assert!(loaded.config.workers >= 1);
}

#[test]
fn variables_inside_strings() {
    let text = "workers = \"${N}\"\nstate_dir = \"/srv/${NAME:-x}/$${NAME}/$5\"\n[service.api]\nto = [\"${A:-a:1}\", \"${B}\"]\n";
    let sources = Sources { env: env(&[("N", "3"), ("NAME", ""), ("B", "${N}:1")]), ..file(text) };
    // A value is not looked into again: `${N}:1` is taken as it is, and is no upstream.
    assert_eq!(load(&sources).expect_err("not expanded twice").count(), 1);
    let sources = Sources { env: env(&[("N", "3"), ("NAME", ""), ("B", "b:1")]), ..file(text) };
    check(&sources, "workers", 3.into(), "poundlock.toml:1");
    check(&sources, "state_dir", "/srv/x/${NAME}/$5".into(), "poundlock.toml:2");
    check(&sources, "service.api.to", Value::from(vec!["a:1", "b:1"]), "poundlock.toml:4");
}

#[test]
fn replaced_variables_are_bounded() {
    let text = format!("log.level = \"{}\"\n{MINIMAL}", "${BIG}".repeat(64));
    let sources = Sources { env: env(&[("BIG", &"x".repeat(100_000))]), ..file(&text) };
    let problems = load(&sources).expect_err("6 MB");
    assert!(problems.render(false).contains("add more than 1048576 bytes"), "{problems}");
}

#[test]
fn to_makes_or_replaces_the_only_service() {
    let flags = vec![("--to", "service.default.to", Value::from(vec!["c:1", "d:2"]))];
    let alone = load(&Sources { flags: flags.clone(), ..Sources::default() }).expect("--to is enough").config;
    assert_eq!(alone.services.len(), 1);
    assert_eq!((alone.services[0].name.as_str(), alone.services[0].hosts.len()), ("default", 0));
    let text = format!("{MINIMAL}hosts = [\"a.example\"]\n");
    let replaced = load(&Sources { flags, ..file(&text) }).expect("one service").config;
    assert_eq!(replaced.services.len(), 1);
    assert_eq!(replaced.services[0].name, "api");
    assert_eq!(replaced.services[0].hosts.len(), 1);
    let to: Vec<_> = replaced.services[0].to.iter().map(ToString::to_string).collect();
    assert_eq!(to, ["c:1", "d:2"]);
}

#[test]
fn listen_moves_the_only_listener_or_http() {
    let flags: Vec<Flag> = vec![("--listen", "listen.http.address", "127.0.0.1:0".into())];
    let addresses = |text: &str| -> Vec<String> {
        let loaded = load(&Sources { flags: flags.clone(), ..file(text) }).expect("valid");
        loaded.config.listeners.iter().map(|l| format!("{} {}", l.name, l.address)).collect()
    };
    assert_eq!(addresses(MINIMAL), ["http 127.0.0.1:0"]);
    assert_eq!(addresses(&format!("listen.web.ops = true\n{MINIMAL}")), ["web 127.0.0.1:0"]);
    let two = format!("listen.http = {{}}\nlisten.web.address = \"0.0.0.0:81\"\n{MINIMAL}");
    assert_eq!(addresses(&two), ["http 127.0.0.1:0", "web 0.0.0.0:81"]);
}

#[test]
fn the_state_folder_follows_the_environment() {
    let folder = |pairs: &[(&str, &str)]| {
        let sources = Sources { env: env(pairs), ..file(MINIMAL) };
        load(&sources).expect("valid").config.state_dir.display().to_string()
    };
    assert_eq!(folder(&[]), "/var/lib/poundlock");
    assert_eq!(folder(&[("HOME", "/home/me")]), "/home/me/.local/state/poundlock");
    assert_eq!(folder(&[("HOME", "/home/me"), ("XDG_STATE_HOME", "/s")]), "/s/poundlock");
    assert_eq!(folder(&[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), ("HOME", "/h")]), "/var/lib/a");
}
