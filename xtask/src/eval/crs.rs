//! The regression cases of the OWASP rule set, as requests.
//!
//! Main type: [`Case`]. Only cases that expect a rule are judged: one that forbids a rule does not say that its
//! request is harmless.

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::{corpus::Corpus, scanner::Answer, table::Row};

pub(super) struct Case {
    /// The family of the expected rule, `942`.
    family: String,
    pub(super) line: String,
}

#[derive(Deserialize)]
struct Stage {
    rule: u64,
    test: u64,
    method: Option<String>,
    uri: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    data: Option<String>,
    encoded: Option<String>,
    #[serde(default)]
    expect: Vec<u64>,
}

/// The families that are judged, in the order of the table.
const FAMILIES: [&str; 12] =
    ["920", "921", "922", "930", "931", "932", "933", "934", "941", "942", "943", "944"];

pub(super) fn cases(corpus: &Corpus) -> Result<Vec<Case>> {
    let stages: Vec<Stage> =
        corpus.lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?;
    Ok(stages.iter().filter_map(case).collect())
}

fn case(stage: &Stage) -> Option<Case> {
    let family = (stage.expect.first()? / 1000).to_string();
    let mut headers: Vec<[String; 2]> = Vec::new();
    for (name, value) in &stage.headers {
        headers.push([name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)]);
    }
    let typed = stage.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
    if stage.data.is_some() && !typed {
        // What the rule set's own test client adds.
        headers.push(["Content-Type".into(), "application/x-www-form-urlencoded".into()]);
    }
    let mut line = json!({
        "id": format!("{}-{}", stage.rule, stage.test),
        "method": stage.method.as_deref().unwrap_or("GET"),
        "uri": stage.uri.as_deref().unwrap_or("/"),
        "headers": headers,
    });
    if let Some(raw) = &stage.encoded {
        line = json!({ "id": line["id"], "raw_b64": raw });
    } else if let Some(data) = &stage.data {
        line["body"] = json!(data);
    }
    Some(Case { family, line: line.to_string() })
}

pub(super) fn rows(cases: &[Case], answers: &[Answer], show: usize) -> Vec<Row> {
    FAMILIES
        .into_iter()
        .map(|family| {
            let of_family = || cases.iter().zip(answers).filter(move |(case, _)| case.family == family);
            for (_, answer) in of_family().filter(|(_, answer)| !answer.blocked()).take(show) {
                println!("crs_{family}: {} {}", answer.id, answer.because());
            }
            Row::of(&format!("crs_{family}"), of_family().map(|(_, answer)| answer))
        })
        .collect()
}
