//! `poundlock limits`: what keys may spend, seen and changed through the admin API.

use crate::cli::{BanKey, GrantKey, LimitsVerb, OfKey, OfLimit};
use crate::output::{Failure, Out};
use crate::remote::{answer, ask, token};
use anyhow::anyhow;
use serde_json::{Value, json};
use std::fmt::Write;

/// Performs one of the verbs.
pub(crate) fn limits(verb: &LimitsVerb, out: &Out) -> Result<(), Failure> {
    match verb {
        LimitsVerb::List(of) => list(of, out),
        LimitsVerb::Show(OfKey { key, of }) => {
            let state = call(of, "GET", &["keys", key], None)?;
            out.result(&state, || describe(&state).unwrap_or_default())
        }
        LimitsVerb::Reset(OfKey { key, of }) => done(call(of, "DELETE", &["keys", key], None)?, out),
        LimitsVerb::Unban(OfKey { key, of }) => done(call(of, "DELETE", &["bans", key], None)?, out),
        LimitsVerb::Grant(GrantKey { who: OfKey { key, of }, extra, seconds }) => {
            let body = json!({ "key": key, "extra": extra, "seconds": seconds });
            done(call(of, "POST", &["grants"], Some(&body))?, out)
        }
        LimitsVerb::Ban(BanKey { who: OfKey { key, of }, seconds }) => {
            let body = json!({ "key": key, "seconds": seconds });
            done(call(of, "POST", &["bans"], Some(&body))?, out)
        }
    }
}

fn list(of: &OfLimit, out: &Out) -> Result<(), Failure> {
    if of.limit.is_some() {
        let keys = call(of, "GET", &["keys"], None)?;
        return out.result(&keys, || table_of_keys(&keys).unwrap_or_default());
    }
    let limits = answer(ask(&of.remote, "GET", "/api/v1/limits", None, None)?)?;
    out.result(&limits, || table(&limits).unwrap_or_default())
}

/// A call about one limit: `/api/v1/limits/NAME/…`.
fn call(of: &OfLimit, method: &str, path: &[&str], body: Option<&Value>) -> Result<Value, Failure> {
    let name = match &of.limit {
        Some(name) => name.clone(),
        None => only(of)?,
    };
    let rest: String = path.iter().map(|part| format!("/{}", escape(part))).collect();
    let token = token(&of.token)?;
    answer(ask(&of.remote, method, &format!("/api/v1/limits/{}{rest}", escape(&name)), Some(&token), body)?)
}

/// The only limit there is.
fn only(of: &OfLimit) -> Result<String, Failure> {
    let limits = answer(ask(&of.remote, "GET", "/api/v1/limits", None, None)?)?;
    let names: Vec<&str> = limits["limits"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|limit| limit["name"].as_str())
        .collect();
    match names[..] {
        [name] => Ok(name.to_owned()),
        [] => Err(anyhow!("this gateway has no limits").into()),
        _ => Err(Failure::Usage(format!("say which limit with --limit: {}", names.join(", ")))),
    }
}

fn done(_: Value, out: &Out) -> Result<(), Failure> {
    out.result(&json!({ "done": true }), || "done\n".to_owned())
}

/// A part of a path: everything that is not plain is escaped, slashes too.
fn escape(part: &str) -> String {
    let mut escaped = String::new();
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte))
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn table(limits: &Value) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    writeln!(
        text,
        "{:<20} {:<8} {:<12} {:>10} {:>12} {:>10} {:>10}",
        "LIMIT", "MODE", "RATE", "BURST", "QUOTA", "ALLOWED", "DENIED"
    )?;
    for limit in limits["limits"].as_array().into_iter().flatten() {
        let number = |value: &Value| value.as_u64().map_or("-".to_owned(), |number| number.to_string());
        let decided = &limit["decisions"];
        let denied = match limit["mode"] == "shadow" {
            true => format!("({})", decided["would_deny"]),
            false => decided["denied"].to_string(),
        };
        writeln!(
            text,
            "{:<20} {:<8} {:<12} {:>10} {:>12} {:>10} {denied:>10}",
            word(&limit["name"]),
            word(&limit["mode"]),
            word(&limit["rate"]),
            number(&limit["burst"]),
            number(&limit["quota"]),
            decided["allowed"],
        )?;
    }
    for (what, list) in [("banned", &limits["bans"]), ("granted", &limits["grants"])] {
        for entry in list.as_array().into_iter().flatten() {
            let extra = entry["extra"].as_u64().map(|extra| format!(" +{extra}")).unwrap_or_default();
            writeln!(
                text,
                "{what}  {}  {}{extra}  until {}",
                word(&entry["limit"]),
                word(&entry["key"]),
                entry["until"]
            )?;
        }
    }
    Ok(text)
}

fn table_of_keys(keys: &Value) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for key in keys["keys"].as_array().into_iter().flatten() {
        let name = key["key"].as_str().unwrap_or_default();
        match key["used"].as_u64() {
            Some(used) => writeln!(text, "{name:<40} quota, {used} used")?,
            None => writeln!(text, "{name:<40} rate, full at {}", key["full_at"])?,
        }
    }
    if text.is_empty() {
        text.push_str("no keys are known by name; rates in memory are kept under hashes: ask for one with `limits show KEY`\n");
    }
    Ok(text)
}

fn describe(state: &Value) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    writeln!(text, "{} under {}", word(&state["key"]), word(&state["limit"]))?;
    for budget in state["budgets"].as_array().into_iter().flatten() {
        writeln!(
            text,
            "  {} of {} left, all again in {} s",
            budget["remaining"], budget["limit"], budget["reset_after"]
        )?;
    }
    if let Some(until) = state["banned_until"].as_u64() {
        writeln!(text, "  banned until {until}")?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_one_part_of_a_path() {
        assert_eq!(escape("2001:db8::/64"), "2001%3Adb8%3A%3A%2F64");
        assert_eq!(escape("#ab|ü"), "%23ab%7C%C3%BC");
    }

    #[test]
    fn tables_show_what_there_is() {
        let limits = json!({ "limits": [{ "name": "a", "mode": "shadow", "rate": "1/s", "burst": 1, "quota": null,
            "decisions": { "allowed": 3, "denied": 0, "would_deny": 2 } }], "bans": [{ "limit": "a", "key": "k", "until": 9 }],
            "grants": [{ "limit": "a", "key": "g", "extra": 5, "until": 8 }] });
        let text = table(&limits).unwrap();
        assert!(
            text.contains("(2)")
                && text.contains("banned  a  k  until 9")
                && text.contains("granted  a  g +5"),
            "{text}"
        );
    }
}
