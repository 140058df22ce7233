//! Exclusions as the configuration has them.
//!
//! Main function: [`toml`]. Names in them may come from whoever sent a request, so nothing in them can end a string.

use poundlock_shield::Exclusion;
use std::fmt::Write;

/// The key `exclude` with its list, one exclusion a line.
pub(super) fn toml(exclusions: &[&Exclusion]) -> String {
    match exclusions {
        [one] => format!("exclude = [{}]", inline(one)),
        several => {
            let lines: String = several.iter().map(|one| format!("  {},\n", inline(one))).collect();
            format!("exclude = [\n{lines}]")
        }
    }
}

fn inline(exclusion: &Exclusion) -> String {
    let list = |texts: &[String]| {
        let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
        (!texts.is_empty()).then(|| format!("[{}]", quoted.join(", ")))
    };
    let pairs = [
        ("paths", list(&exclusion.paths)),
        ("methods", list(&exclusion.methods)),
        ("field", exclusion.field.as_deref().map(quote)),
        ("class", exclusion.class.map(|class| quote(class.name()))),
        ("rule", exclusion.rule.as_deref().map(quote)),
    ];
    let given = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let mut text = String::from("{");
    for (at, (key, value)) in given.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _infallible = write!(text, "{comma} {key} = {value}");
    }
    text + " }"
}

/// A basic string of TOML. What the configuration does not take in a name becomes `*`, which covers it.
fn quote(text: &str) -> String {
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '"' || c == '\\';
    let plain: String = text.chars().map(|c| if odd(c) { '*' } else { c }).collect();
    // A dollar before a brace would be a variable.
    format!("\"{}\"", plain.replace("${", "$${"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use poundlock_shield::Class;

    #[test]
    fn only_what_is_said_is_written() {
        let all = Exclusion {
            paths: vec!["/a".into(), "/b/*".into()],
            methods: vec!["GET".into()],
            field: Some("query.q".into()),
            class: Some(Class::Sqli),
            rule: Some("tautology".into()),
        };
        let text = r#"{ paths = ["/a", "/b/*"], methods = ["GET"], field = "query.q", class = "sqli", rule = "tautology" }"#;
        assert_eq!(toml(&[&all]), format!("exclude = [{text}]"));
        let one = Exclusion { class: Some(Class::Xss), ..Exclusion::default() };
        assert_eq!(toml(&[&one, &one]), "exclude = [\n  { class = \"xss\" },\n  { class = \"xss\" },\n]");
    }

    #[test]
    fn names_cannot_break_out() {
        assert_eq!(quote("query.a\"]\n[admin] \\ ${X}"), "\"query.a*]*[admin]***$${X}\"");
    }
}
