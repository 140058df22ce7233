//! What the shield's section means, and what is wrong with it.

use super::*;
use poundlock_shield::validate::Part;
use poundlock_shield::validate::rule::Target;

fn shield(text: &str) -> Shield {
    config(&format!("{MINIMAL}{text}")).shield
}

#[track_caller]
fn check(name: &str, text: &str) {
    let problems =
        load(&file(&format!("{text}\n{MINIMAL}"))).map(|loaded| loaded.config).expect_err("a mistake");
    snapshot(name, &problems.render(false));
}

#[test]
fn it_is_off_until_somebody_writes_about_it() {
    let mode = |text: &str| shield(text).routes[0].mode;
    assert_eq!(mode(""), ShieldMode::Off);
    assert_eq!(mode("[shield]"), ShieldMode::Detect);
    assert_eq!(mode("[shield]\nmode = \"off\"\nlevel = 2"), ShieldMode::Off);
    let sources = Sources { env: env(&[("POUNDLOCK__SHIELD__MODE", "block")]), ..file(MINIMAL) };
    assert_eq!(load(&sources).expect("valid").config.shield.routes[0].mode, ShieldMode::Block);
}

#[test]
fn routes_are_in_the_order_of_the_file_and_inherit() {
    let text = "[shield]\nmode = \"block\"\nlevel = 3\nexclude = [{ class = \"xss\" }]\n\
                [shield.route.zebra]\n[shield.route.ant]\nlevel = 1\nexclude = [{ field = \"body.a\" }]\nhold = \"1MiB\"\n";
    let found = shield(text);
    let routes: Vec<_> =
        found.routes.iter().map(|r| (&*r.name, r.level.number(), r.exclude.len(), r.hold)).collect();
    assert_eq!(routes, [("zebra", 3, 1, 128 << 10), ("ant", 1, 2, 1 << 20), ("default", 3, 1, 128 << 10)]);
    let shown = load(&file(&format!("{MINIMAL}{text}"))).expect("valid").show(false);
    assert_eq!(config(&shown).shield, found, "{shown}");
}

#[test]
fn a_route_that_a_variable_makes_comes_last_and_stays_there_when_shown() {
    let text = format!("{MINIMAL}[shield.route.zebra]\n[shield.route.ant]\n");
    let made = env(&[("POUNDLOCK__SHIELD__ROUTE__BEE__MODE", "block")]);
    let loaded = load(&Sources { env: made, ..file(&text) }).expect("valid");
    let names =
        |config: &Config| config.shield.routes.iter().map(|route| route.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&loaded.config), ["zebra", "ant", "bee", "default"]);
    assert_eq!(names(&config(&loaded.show(true))), names(&loaded.config));
}

#[test]
fn an_empty_audit_is_none() {
    assert_eq!(shield("[shield]").audit, Some(Audit::File("findings.jsonl".into())));
    assert_eq!(shield("[shield]\naudit = \"-\"").audit, Some(Audit::Stdout));
    let none = load(&file(&format!("{MINIMAL}[shield]\naudit = \"\""))).expect("valid");
    assert_eq!(none.config.shield.audit, None);
    assert_eq!(config(&none.show(false)).shield.audit, None);
}

#[test]
fn a_field_of_a_body_is_a_name_of_forms_and_a_member_of_json() {
    let fields = &shield("[shield.route.a.fields]\n\"body.items.*.e~mail\" = { type = \"email\" }\n").routes
        [0]
    .rules
    .fields;
    let targets: Vec<_> = fields.iter().map(|field| field.target.clone()).collect();
    let pointer = poundlock_shield::validate::rule::Pointer::parse("/items/*/e~0mail").expect("a pointer");
    assert_eq!(targets, [Target::Json(pointer), Target::Named(Part::Body, "items.*.e~mail".to_owned())]);
}

#[test]
fn mistakes_of_the_shield() {
    check(
        "shield",
        "[shield]\nmode = \"blok\"\nlevel = 5\nsample = \"20\"\nhold = \"1GiB\"\naudit_size = \"1B\"\n\
         exclude = [{}, { paths = [\"cms\"], field = \"bdy.x\", class = \"sql\" }, { feild = \"query.q\" }]\n",
    );
}

#[test]
fn mistakes_of_a_route() {
    check(
        "shield_route",
        "[shield.route.default]\n[shield.route.a]\nservices = [\"apy\"]\npaths = [\"x\"]\nmethods = [\"post\"]\nlevel = 0\n\
         field_mode = { \"query.q\" = \"block\", \"quary.q\" = \"off\" }\nopenapi_base = \"/v1\"\njson_schema = \"bad.json\"\n\
         [shield.route.b]\njson_schema = \"missing.json\"\nopenapi = \"broken.json\"\nranges = [{ start = \"query.a\", end = \"body.b\" }]\n\
         uploads = { types = [\"png\", \"exe\"], max_size = \"0B\" }\nbatch = { max_depth = 500 }\n\
         page = { on_excess = \"cut\", parameters = { size = { min = 5, max = 2 }, n = { default = 500 }, \"a\\\"b\" = {} } }\n",
    );
}

#[test]
fn mistakes_of_fields() {
    check(
        "shield_fields",
        "[shield.route.a.fields]\n\"query.a\" = { type = \"email\", min = 1, level = \"hard\" }\n\"q\" = { type = \"text\", min = 9, max = 3 }\n\
         \"query.b\" = { type = \"choice\" }\n\"query.c\" = { type = \"sort\", one_of = [\"name; drop\"] }\n\
         \"query.d\" = { type = \"date\", format = \"e164\", earliest = \"tomorrow\" }\n\"query.e\" = { type = \"url\", schemes = [\"HTTP:\"], max = 0 }\n\
         \"query.f\" = { type = \"uuid\", versions = [9] }\n\"query.g\" = { type = \"regex\" }\n\"query.h\" = { typ = \"text\" }\n",
    );
}
