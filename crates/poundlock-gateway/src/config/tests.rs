//! Tests of the configuration as a whole: text in, meaning or messages out.

mod documents;
mod effects;
mod errors;
mod hostile;
mod layers;
mod restart;

use super::*;

/// The smallest configuration that loads.
const MINIMAL: &str = "[service.api]\nto = [\"10.0.0.1:3000\"]\n";

/// A file with no environment and no flags.
fn file(text: &str) -> Sources {
    Sources { file: Some((PathBuf::from("poundlock.toml"), text.to_owned())), ..Sources::default() }
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
