//! No text makes loading panic, and what loads shows itself faithfully.

use proptest::prelude::*;

use super::*;

/// Loads and uses every way to look at the result.
fn exercise(text: String) {
    let mut sources = file("");
    sources.file = Some((PathBuf::from("poundlock.toml"), text));
    sources.env = env(&[("A", "x"), ("B", "")]);
    match load(&sources) {
        Ok(loaded) => {
            let again = load(&file(&loaded.show(true))).expect("what is shown loads");
            assert_eq!(again.config, loaded.config);
        }
        Err(problems) => {
            assert!(problems.count() > 0);
            assert!(!problems.render(true).is_empty());
            serde_json::to_string(&problems).expect("plain data");
        }
    }
}

/// One edit of a text: replace some characters at a place by a fragment that means something in TOML.
fn edit() -> impl Strategy<Value = (usize, usize, String)> {
    let fragment = prop_oneof![
        "[\\[\\]{}=,.\"'#\n$0-9a-z]{0,4}",
        Just("${A}".to_owned()),
        Just("${".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("[[service]]\n".to_owned()),
        Just("[service.app]\n".to_owned()),
        Just("日".to_owned()),
        Just("1e999".to_owned()),
        Just("1979-05-27".to_owned()),
    ];
    (any::<usize>(), 0..8_usize, fragment)
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        exercise(String::from_utf8_lossy(&bytes).into_owned());
    }

    #[test]
    fn toml_like_text(text in "([a-z.\"]{1,8} = ([\\[{\"0-9a-z$]{0,6}|\\[[a-z\", ]{0,8}\\])\n|\\[[a-z.]{0,9}\\]\n){0,12}") {
        exercise(text);
    }

    #[test]
    fn edited_settings(edits in prop::collection::vec(edit(), 1..4)) {
        let mut text: Vec<char> = super::documents::settings().chars().collect();
        for (at, remove, insert) in edits {
            let at = at % text.len();
            let end = (at + remove).min(text.len());
            text.splice(at..end, insert.chars());
        }
        exercise(text.into_iter().collect());
    }
}

#[test]
fn a_large_file_of_rubbish_ends() {
    let keys: String = (0..20_000).map(|n| format!("k{n}=[]\n")).collect();
    exercise(keys);
    exercise("=\n".repeat(100_000));
    exercise(format!("{}\n", "é".repeat(500_000)));
    exercise(format!("workers = \"{}\"\n", "${".repeat(500_000)));
    exercise(format!("service.a.to = [{}]\n", "\"a:1\",".repeat(170_000)));
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [1_000, 100_000] {
        let key = vec!["a"; depth].join(".");
        exercise(format!("{key} = 1"));
        exercise(format!("[{key}]\n"));
        exercise(format!("a = {}", "[".repeat(depth)));
        exercise(format!("a = {{ {key} = 1 }}"));
    }
}
