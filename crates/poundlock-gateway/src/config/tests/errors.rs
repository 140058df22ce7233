//! What people see when something is wrong. Text in, message out.

use super::*;

#[track_caller]
fn check(name: &str, sources: &Sources) {
    let problems = load(sources).map(|loaded| loaded.config).expect_err("the case is about an error");
    assert!(problems.count() > 0);
    snapshot(name, &problems.render(false));
}

macro_rules! cases {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name), &file($text));
        }
    )*};
}

cases! {
    unknown_keys: "lissen.http = {}\n[service.api]\nto = [\"a:1\"]\nconnect = \"2s\"\n[service.api.retry]\ncolour = 1\n[limit.per-ip]\nrate = \"100/min\"\n";
    wrong_types: "workers = \"4\"\naccess_log = true\nmetrics.prometheus = \"yes\"\nadmin = 9900\n[service.api]\nto = \"127.0.0.1:3000\"\ntimeout = { connect = 5, request = 1.5, idle = 2026-01-01 }\nretry = { budget = 20, methods = [\"GET\", 1] }\n";
    ranges: "version = 2\nworkers = 0\nlisten.http = { max_connections = -1, max_headers = 99999999999999999999 }\n[service.api]\nto = [\"a:1\"]\nretry.attempts = 11\n";
    choices: "log = { format = \"jsn\", level = \"inof\" }\n[service.api]\nto = [\"a:1\"]\nbalance = \"round-robin\"\n";
    durations: "[service.api]\nto = [\"a:1\"]\ntimeout = { connect = \"0s\", request = \"30\", idle = \"5 min\", upgraded = \"soon\" }\npool.idle = \"1.5s\"\nhealth = { every = \"9999999999d\", timeout = \"2w\" }\n";
    sizes: "listen.http = { max_head = \"2KiB\", max_body = \"16M\" }\nlisten.other = { address = \"0.0.0.0:81\", max_head = \"unlimited\", max_body = \"0\" }\n[service.api]\nto = [\"a:1\"]\n";
    percentages: "[service.a]\nto = [\"a:1\"]\nretry.budget = \"20\"\n[service.b]\nhosts = [\"b\"]\nto = [\"a:1\"]\nretry.budget = \"120%\"\n[service.c]\nhosts = [\"c\"]\nto = [\"a:1\"]\nretry.budget = \"a lot\"\n";
    upstreams: "[service.api]\nto = [\"3000\", \"app\", \":3000\", \"http://app/x\", \"https://app\", \"::1:80\", \"app:0\", \"app:70000\", \"0.0.0.0:80\", \"256.1.1.1:80\", \"a b:80\", \"\"]\n";
    no_upstream: "[service.a]\nhosts = [\"a\"]\n[service.b]\nhosts = [\"b\"]\nto = []\n";
    hosts: "[service.api]\nto = [\"a:1\"]\nhosts = [\"https://a.example/\", \"a.example:443\", \"*\", \"a.*.example\", \"bücher.example\", \"::1\", \"\"]\n";
    host_twice: "[service.a]\nhosts = [\"x.example\", \"X.example\"]\nto = [\"a:1\"]\n[service.b]\nhosts = [\"*.example.com\", \"x.example.\"]\nto = [\"a:1\"]\n";
    two_services_without_hosts: "[service.a]\nto = [\"a:1\"]\n[service.b]\nto = [\"a:1\"]\n";
    no_service: "version = 1\n";
    listener_addresses: "listen.a.address = \"8080\"\nlisten.b.address = \"localhost:8080\"\nlisten.c.address = \"example.com:80\"\nlisten.d.address = \"::1:80\"\nadmin.address = \":9900\"\n[service.api]\nto = [\"a:1\"]\n";
    listeners_clash: "listen.a.address = \"0.0.0.0:9900\"\nlisten.b.address = \"10.0.0.1:80\"\nlisten.c.address = \"[::]:80\"\n[service.api]\nto = [\"a:1\"]\n";
    public_admin: "admin.address = \"0.0.0.0:9900\"\n[service.api]\nto = [\"a:1\"]\n";
    loop_to_itself: "[service.api]\nto = [\"127.0.0.1:8080\"]\n[service.b]\nhosts = [\"b\"]\nto = [\"localhost:8080\"]\n";
    retried_methods: "[service.api]\nto = [\"a:1\"]\nretry.methods = [\"get\", \"POST\", \"GET\", \"GET\"]\n";
    probes: "[service.a]\nto = [\"a:1\"]\nhealth = { path = \"healthz\", every = \"1s\" }\n[service.b]\nhosts = [\"b\"]\nto = [\"a:1\"]\nhealth = { path = \"/a b\" }\n";
    networks_and_methods: "[listen.http]\ntrusted_proxies = [\"10.1.2.3/8\", \"proxy.internal\"]\nextra_methods = [\"MY METHOD\"]\n[service.api]\nto = [\"a:1\"]\n";
    rates: "limits.a.rate = \"100/mn\"\nlimits.b.rate = \"fast\"\nlimits.c.rate = \"0/s\"\nlimits.d.rate = \"350000/s\"\nlimits.e = { rate = \"1/day\", burst = 900000000 }\nlimits.f.quota = \"1000/fortnight\"\nlimits.g = {}\nlimits.h = { quota = \"1/day\", burst = 5 }\nlimits.i = { rate = \"1/s\", plan.gold.rate = \"2/s\" }\n[service.api]\nto = [\"a:1\"]\n";
    limits: "[limits.a]\nrate = \"1/s\"\nkey = \"heder:x\"\npaths = [\"v1\", \"/a*b\"]\nmethods = [\"post\"]\nservices = [\"apy\"]\ncost_header = \"x cost\"\nperiod.zone = \"Berlin\"\nban = { after = 1, lasts = \"0s\" }\nallow = [\"10.0.0\"]\nmode = \"shadw\"\n[limits.a.plan.Gold]\nrate = \"1/s\"\n[service.api]\nto = [\"a:1\"]\n";
    throttles: "[service.a]\nhosts = [\"a\"]\nto = [\"a:1\"]\nthrottle = { mode = \"auto\", min = 0, initial = 30, max = 20 }\n[service.b]\nhosts = [\"b\"]\nto = [\"a:1\"]\nthrottle = { min = 30, max = 20, critical = [\"pay\", \"/a*b\"], priority_header = \"x priority\" }\n[service.c]\nhosts = [\"c\"]\nto = [\"a:1\"]\nthrottle = { min = 30, critical = [\"/pay\"], sheddable = [\"/batch\", \"/pay\"] }\n[service.d]\nto = [\"a:1\"]\nthrottle = { max = 10 }\n";
    stores: "store = { redis = \"127.0.0.1:6379\", deadline = \"0s\", prefix = \"a b\", on_error = \"open\", nodes = 0 }\n[service.api]\nto = [\"a:1\"]\n";
    names: "[service.My_Api]\nto = [\"a:1\"]\n[service.\"a.b\"]\nto = [\"a:1\"]\n";
    variables: "access_log = \"$${HOME} ${LOG\"\nstate_dir = \"/srv/${NAME}\"\nlog.level = \"${1}\"\n[service.api]\nto = [\"${HOST:-app}:0\"]\n";
    syntax: "version = 1\nlog = { level = info }\n[service.api\nto = [\"a:1\"]\n";
    bare_words: "access_log = /var/log/access\nworkers = many\nlog.level = info\nlog.format =\n[service.api]\nto = [127.0.0.1:3000]\n";
    key_twice: "workers = 1\nworkers = 2\n[service.api]\nto = [\"a:1\"]\n";
    wide_characters: "[service.api]\nto = [\"a:1\"] # größer\nhosts = [\"größer\", \"日本\"]; x\n";
}

#[test]
fn variables_and_flags_are_named() {
    let sources = Sources {
        env: env(&[
            ("PROMETHEUS_METRICS_ENABLED", "perhaps"),
            ("POUNDLOCK__LISTEN__HTTP__ADRESS", "0.0.0.0:80"),
            ("POUNDLOCK__SERVICE__API", "a:1"),
            ("POUNDLOCK__SERVICE__API__TO", "a:1,b"),
            ("POUNDLOCK__WORKERS__MAX", "3"),
            ("POUNDLOCK__LISTEN", "x"),
            ("poundlock__drain__grace", "5"),
        ]),
        flags: vec![("--workers", "workers", Value::from(1000)), ("--admin", "admin.address", "x".into())],
        ..Sources::default()
    };
    check("variables_and_flags_are_named", &sources);
}

#[test]
fn to_is_ambiguous() {
    let text = "[service.a]\nhosts = [\"a\"]\nto = [\"a:1\"]\n[service.b]\nto = [\"b:1\"]\n";
    let flags = vec![("--to", "service.default.to", Value::from(vec!["c:1"]))];
    check("to_is_ambiguous", &Sources { flags, ..file(text) });
}

#[test]
fn a_failed_reload_says_what_still_runs() {
    let problems = load(&file("workers = 0\n")).expect_err("0 workers");
    let text = problems.render_reload(false);
    assert!(
        text.ends_with("\npoundlock.toml: 2 errors. The running configuration was not changed.\n"),
        "{text}"
    );
}

#[test]
fn json_has_places() {
    let problems = load(&file("[service.api]\nhosts = [\"ö\"]\nto = [\"a:1\", \"b:0\"]\n")).expect_err("bad");
    snapshot("json_has_places", &serde_json::to_string_pretty(&problems).expect("plain data"));
}

#[test]
fn colour_only_on_request() {
    let problems = load(&file("workers = 0\n")).expect_err("0 workers");
    assert!(!problems.render(false).contains('\u{1b}'));
    assert!(problems.render(true).contains('\u{1b}'));
}

#[test]
fn warnings_do_not_fail() {
    let loaded =
        load(&file(&format!("listen.http.trusted_proxies = [\"0.0.0.0/0\"]\n{MINIMAL}"))).expect("fine");
    assert_eq!(loaded.warnings.count(), 1);
    snapshot("warnings_do_not_fail", &loaded.warnings.render(false));
}

#[test]
fn lists_and_tables_are_bounded() {
    let to: Vec<_> = (0..257).map(|port| format!("\"a:{}\"", port + 1)).collect();
    let services: String =
        (0..1001).map(|n| format!("[service.s{n}]\nhosts=[\"h{n}\"]\nto=[\"a:1\"]\n")).collect();
    for (text, limit) in
        [(format!("[service.api]\nto = [{}]\n", to.join(",")), "at most 256"), (services, "at most 1000")]
    {
        let problems = load(&file(&text)).expect_err("too many");
        assert!(problems.render(false).contains(limit), "{problems}");
        assert_eq!(problems.count(), 1, "{problems}");
    }
}

#[test]
fn a_file_too_large_is_refused_unread() {
    let problems = load(&file(&" ".repeat(super::file::MAX_FILE_BYTES + 1))).expect_err("too large");
    assert_eq!(problems.count(), 1);
}
