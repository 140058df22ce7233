//! What must hold for any configuration file and for anything an instance says. Used by the corpus test
//! beside it and by `cargo fuzz`. It does not know where the bytes come from.
use poundlock_gateway::config::{Sources, load};
use poundlock_gateway::whole::read;
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

/// However the bytes of an answer are cut into reads, they mean the same; nothing is read twice or
/// made up; and what has two lengths is no answer.
pub(crate) fn upstream_response(data: &[u8]) {
    for to_head in [false, true] {
        let whole = read([data], to_head);
        assert_eq!(whole, read(data.chunks(1), to_head));
        assert_eq!(whole, read(data.chunks(data.len() % 61 + 2), to_head));
        let Ok(whole) = whole else { continue };
        assert!(whole.body.len() + whole.rest.len() <= data.len() && data.ends_with(&whole.rest));
        assert!(!to_head || whole.body.is_empty());
        let length = whole.headers.get_all("content-length").iter().collect::<Vec<_>>();
        let coding = whole.headers.get_all("transfer-encoding").iter().count();
        assert!(length.len() + coding <= 1);
        if let (Some(length), true, false) = (length.first(), whole.complete, whole.body.is_empty()) {
            assert_eq!(length.to_str().ok().and_then(|l| l.parse().ok()), Some(whole.body.len()));
        }
    }
}
