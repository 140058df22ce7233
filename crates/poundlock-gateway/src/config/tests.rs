//! Tests of the configuration as a whole: text in, meaning or messages out.

mod documents;
mod effects;
mod errors;
mod hostile;
mod layers;
mod restart;
mod shield;

use super::*;

/// The smallest configuration that loads.
const MINIMAL: &str = "[service.api]\nto = [\"10.0.0.1:3000\"]\n";

/// A file with no environment and no flags, beside documents that mean little.
fn file(text: &str) -> Sources {
    let file = Some((PathBuf::from("poundlock.toml"), text.to_owned()));
    Sources { file, documents: Documents(document), ..Sources::default() }
}

fn document(path: &std::path::Path) -> std::io::Result<String> {
    match path.to_str().unwrap_or_default() {
        "openapi.json" | "api.json" => {
            Ok(r#"{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{}}"#.to_owned())
        }
        "bad.json" => Ok(r#"{"type": 5}"#.to_owned()),
        "broken.json" => Ok("{".to_owned()),
        "missing.json" => Err(std::io::ErrorKind::NotFound.into()),
        _ => Ok("{}".to_owned()),
    }
}

fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What a file means; panics with the messages when it is wrong.
fn config(text: &str) -> Config {
    load(&file(text)).unwrap_or_else(|problems| panic!("{problems}")).config
}

/// Compares with `tests/snapshots/NAME.snap`.
#[track_caller]
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("tests/snapshots");
    settings.bind(|| insta::assert_snapshot!(name, text));
}
