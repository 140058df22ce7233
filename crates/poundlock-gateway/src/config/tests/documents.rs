//! The documents that ship: the start file, the examples of the guide, the schema, `config show`.

use super::effects::leaves;
use super::schema::Schema;
use super::*;

/// The start file with every setting switched on.
pub(super) fn settings() -> String {
    let is_setting = |line: &&str| {
        let bare = line.strip_prefix('#').unwrap_or(line);
        bare.starts_with('[') || bare.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
    };
    let lines = starter().lines().filter(is_setting);
    lines.map(|line| format!("{}\n", line.strip_prefix('#').unwrap_or(line))).collect()
}

#[test]
fn the_start_file_loads() {
    let loaded = load(&file(starter())).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(loaded.warnings.is_empty());
    assert_eq!(loaded.config.services[0].name, "app");
}

#[test]
fn the_start_file_has_every_key_with_its_default() {
    let with_all = load(&file(&settings())).unwrap_or_else(|problems| panic!("{problems}"));
    let shown = with_all.show_json();
    let mut keys = Vec::new();
    leaves(Schema::root(), "", &mut keys);
    for (path, schema) in keys {
        let path = path.replace("service.api", "service.app");
        let origin = shown["origin"][&path].as_str().unwrap_or("missing");
        assert!(origin.starts_with("poundlock.toml:"), "{path} is not in the start file: {origin}");
        if let Some(default) =
            schema.default().filter(|_| path != "service.app.to" && !path.ends_with(".one_of"))
        {
            let value = tree::steps(&path).fold(&shown["config"], |value, step| &value[step]);
            assert_eq!(value, default, "{path}");
        }
    }
}

#[test]
fn the_example_of_the_guide_loads() {
    let config = config(
        r#"
        version = 1
        listen.http = { address = "0.0.0.0:8080", trusted_proxies = ["10.0.0.0/8"] }
        admin       = { address = "127.0.0.1:9900" }

        [service.api]
        hosts    = ["api.example.com"]
        to       = ["127.0.0.1:3000"]
        timeout  = { connect = "2s", request = "30s" }
        retry    = { attempts = 2, budget = "20%", methods = ["GET", "HEAD"] }
        balance  = "p2c"
        health   = { path = "/healthz", every = "5s", down_after = 3, up_after = 2 }
        "#,
    );
    assert_eq!(config.services[0].health.path.as_deref(), Some("/healthz"));
    assert!((config.services[0].retry.budget.as_ratio() - 0.2).abs() < 1e-9);
    assert_eq!(config.listeners[0].trusted_proxies.len(), 1);
}

#[test]
fn the_schema_describes_every_key() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut keys = Vec::new();
    leaves(Schema::root(), "", &mut keys);
    for (path, schema) in keys {
        assert!(schema.description().is_some(), "{path} has no description");
        if let Some(default) = schema.default() {
            assert_ne!(
                schema.example().unwrap_or(&Value::Null),
                default,
                "{path}: an example that changes nothing"
            );
        }
    }
}

#[test]
fn what_is_shown_loads_to_the_same() {
    let mut sources = file(&settings());
    sources.env = env(&[("POUNDLOCK__STATE_DIR", "/srv/\"quoted\"\\and\nbroken # lines ${X} $${Y}")]);
    sources.flags = vec![("--workers", "workers", 3.into())];
    let loaded = load(&sources).expect("valid");
    for with_origin in [false, true] {
        assert_eq!(config(&loaded.show(with_origin)), loaded.config);
    }
}

#[test]
fn the_origin_is_shown() {
    let mut sources = file(MINIMAL);
    sources.env = env(&[("POUNDLOCK__STATE_DIR", "/srv/state")]);
    sources.flags = vec![("--workers", "workers", 3.into())];
    snapshot("the_origin_is_shown", &load(&sources).expect("valid").show(true));
}
