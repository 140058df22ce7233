//! What must hold for any configuration file. Used by the corpus test beside it and by `cargo fuzz`. It does
//! not know where the bytes come from.
use poundlock_gateway::config::{Sources, load};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What loads shows itself as a file that means the same; what does not says why.
pub(crate) fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let env = BTreeMap::from([("A".to_owned(), "x".to_owned()), ("EMPTY".to_owned(), String::new())]);
    let file = |text| Some((PathBuf::from("poundlock.toml"), text));
    match load(&Sources { file: file(text), env, ..Sources::default() }) {
        Ok(loaded) => {
            let shown = Sources { file: file(loaded.show(true)), ..Sources::default() };
            let again = load(&shown).expect("what is shown loads");
            assert_eq!(again.config, loaded.config);
            assert_eq!(again.show(false), loaded.show(false));
        }
        Err(problems) => {
            assert!(problems.count() > 0 && problems.render(true).contains("error"));
            serde_json::to_string(&problems).expect("plain data");
        }
    }
}
