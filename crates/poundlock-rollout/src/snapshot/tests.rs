//! Snapshots as bytes, as words, and as what a rollback brings back.

use super::*;
use crate::preflight::sql::Effect;

fn snapshot(release: &str, taken: u64) -> Snapshot {
    let env = [
        ("PORT".to_owned(), Value::Plain("80".to_owned())),
        (
            "DB".to_owned(),
            Value::Secret { reference: "file:/run/secrets/db".to_owned(), hash: Digest::of(b"keyed") },
        ),
    ];
    Snapshot {
        version: VERSION,
        service: Name::new("api").unwrap(),
        release: Name::new(release).unwrap(),
        taken: Millis(taken),
        deployment: Some(DeploymentId(taken)),
        previous: None,
        artefact: Digest::of(release.as_bytes()),
        process: Process {
            command: vec!["./server".to_owned()],
            dir: None,
            instances: 2,
            env: env.into_iter().collect(),
        },
        files: [("app.toml".to_owned(), FileBytes(b"a = 1\n\xff".to_vec()))].into_iter().collect(),
        routing: "{}".to_owned(),
        policies: BTreeMap::new(),
        lockfiles: BTreeMap::new(),
        schemas: [("alembic".to_owned(), Schema { applied: vec!["a1".to_owned()] })].into_iter().collect(),
    }
}

#[test]
fn its_bytes_are_read_back_and_name_it() {
    let one = snapshot("v1", 1);
    let bytes = one.bytes();
    let stored = Stored { digest: one.digest(), bytes: &bytes };
    assert_eq!(stored.read(), Ok(one.clone()));
    assert_eq!(one.digest().short(), "97c482e80e4d", "the bytes of a snapshot must not change by themselves");
    assert!(String::from_utf8(bytes).unwrap().contains("\"app.toml\":\"61203d20310aff\""));
}

#[test]
fn one_bad_record_does_not_take_the_others_with_it() {
    let good = snapshot("v1", 1);
    let bytes = good.bytes();
    let mut newer = good.clone();
    newer.version = 9;
    let newer_bytes = newer.bytes();
    let long = vec![b' '; MAX_BYTES + 1];
    let records = [
        Stored { digest: Digest::of(b"other"), bytes: &bytes },
        Stored { digest: Digest::of(b"{}"), bytes: b"{}" },
        Stored { digest: newer.digest(), bytes: &newer_bytes },
        Stored { digest: Digest::of(b"long"), bytes: &long },
        Stored { digest: good.digest(), bytes: &bytes },
    ];
    let (read, bad) = read_all(records);
    assert_eq!(read, [good]);
    assert!(matches!(
        &bad[..],
        [
            Quarantined::Changed { .. },
            Quarantined::Malformed { .. },
            Quarantined::Version { version: 9, .. },
            Quarantined::TooLong { .. },
        ]
    ));
    assert!(bad[1].to_string().contains("missing field"), "{}", bad[1]);
}

#[test]
fn the_newest_of_each_service_and_the_pinned_ones_are_kept() {
    let all: Vec<_> = (0..13).map(|taken| snapshot("v1", taken)).collect();
    let gone = expired(&all, KEEP, &[all[1].digest()]);
    assert_eq!(gone, [all[0].digest(), all[2].digest()]);
    let mut other = snapshot("v1", 0);
    other.service = Name::new("shop").unwrap();
    assert_eq!(expired(&[other], KEEP, &[]), []);
}

#[test]
fn differences_are_told_in_words_and_hold_no_secret() {
    let (from, mut to) = (snapshot("v1", 1), snapshot("v2", 2));
    to.process.env.insert("PORT".to_owned(), Value::Plain("81".to_owned()));
    let secret = Value::Secret { reference: "file:/run/secrets/db".to_owned(), hash: Digest::of(b"new") };
    to.process.env.insert("DB".to_owned(), secret);
    to.files.clear();
    to.schemas.insert("alembic".to_owned(), Schema { applied: vec!["a1".to_owned(), "b2".to_owned()] });
    to.lockfiles.insert("Cargo.lock".to_owned(), Digest::of(b"lock"));
    let words: Vec<_> = differences(&from, &to).iter().map(Change::to_string).collect();
    let (keyed, new) = (Digest::of(b"keyed").short(), Digest::of(b"new").short());
    let artefact = format!("artefact: {} → {}", Digest::of(b"v1").short(), Digest::of(b"v2").short());
    assert_eq!(words[..2], ["release: v1 → v2".to_owned(), artefact]);
    let db = "env DB: secret file:/run/secrets/db";
    assert_eq!(words[2], format!("{db} ({keyed}) → secret file:/run/secrets/db ({new})"));
    assert_eq!(words[3], "env PORT: 80 → 81");
    assert!(words[4].starts_with("file app.toml: - 7 bytes"), "{}", words[4]);
    assert!(words[5].starts_with("lock file Cargo.lock: + "), "{}", words[5]);
    assert_eq!(words[6], "schema alembic: a1 (1 applied) → b2 (2 applied)");
    assert_eq!(differences(&from, &snapshot("v1", 9)), []);
}

#[test]
fn all_is_brought_back_but_secrets() {
    let (old, mut now) = (snapshot("v1", 1), snapshot("v2", 2));
    now.process.env.remove("DB");
    let applied = |effect| vec![Applied { tool: "alembic".to_owned(), version: "b2".to_owned(), effect }];
    let restore = old.restore(&now, &applied(Some(Effect::Expand))).unwrap();
    assert_eq!(restore.artefact, old.artefact);
    assert_eq!(restore.files, [("app.toml", &b"a = 1\n\xff"[..])]);
    assert_eq!(restore.changed_secrets, ["DB"]);
    assert_eq!(restore.changes[0].to_string(), "release: v2 → v1");
    for effect in [Some(Effect::Contract), Some(Effect::Unknown), None] {
        let refusal = old.restore(&now, &applied(effect)).unwrap_err();
        assert!(matches!(refusal, RestoreRefusal::SchemaMovedOn { .. }), "{refusal}");
    }
    now.service = Name::new("shop").unwrap();
    assert!(matches!(old.restore(&now, &[]), Err(RestoreRefusal::OtherService { .. })));
}
