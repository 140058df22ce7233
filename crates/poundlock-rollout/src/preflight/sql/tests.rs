//! Statements of the three grammars, one line each; and scripts that nobody wrote.

use super::{Dialect::*, Effect::*, *};
use proptest::prelude::*;

fn check(dialect: Dialect, cases: &[(&str, Effect)]) {
    for (script, expect) in cases {
        assert_eq!(classify(script, dialect), *expect, "{dialect:?}: {script}");
    }
}

#[test]
fn all_dialects_agree_on_most() {
    let cases = [
        ("", Neutral),
        ("-- nothing\n ;;", Neutral),
        ("CREATE TABLE t (id bigint primary key, a text not null)", Expand),
        ("create table if not exists s.t (a int); create view v as select 1;", Expand),
        ("CREATE TEMPORARY TABLE t (a int)", Neutral),
        ("DROP TABLE t", Contract),
        ("DROP TABLE IF EXISTS t", Contract),
        ("ALTER TABLE t ADD COLUMN a int", Expand),
        ("ALTER TABLE t ADD a int", Expand),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL", Contract),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0", Expand),
        ("ALTER TABLE t DROP COLUMN a", Contract),
        ("ALTER TABLE t RENAME COLUMN a TO b", Contract),
        ("ALTER TABLE t RENAME TO u", Contract),
        ("ALTER TABLE t ADD COLUMN a int, DROP COLUMN b", Contract),
        ("CREATE UNIQUE INDEX i ON t (a)", Contract),
        ("CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a); ALTER TABLE t ADD b int NOT NULL", Expand),
        ("CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE t ADD b int NOT NULL", Contract),
        (
            "CREATE TABLE n (a int); INSERT INTO n SELECT a FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t",
            Contract,
        ),
        ("INSERT INTO t (a) VALUES ('; DROP TABLE t')", Neutral),
        ("INSERT INTO t SELECT * FROM u", Blocking),
        ("UPDATE t SET a = 1", Unknown),
        ("DELETE FROM t", Contract),
        ("/* DROP TABLE t; */ BEGIN; COMMIT;", Neutral),
        ("CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", Unknown),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", Unknown),
        ("SELECT drop_everything()", Unknown),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT 1", Unknown),
        ("¿que?", Unknown),
        ("CREATE TABLE t (a text DEFAULT 'open", Unknown),
    ];
    for dialect in [Postgres, MySql, Sqlite] {
        check(dialect, &cases);
    }
}

#[test]
fn postgres() {
    check(
        Postgres,
        &[
            ("CREATE INDEX i ON t (a)", Blocking),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", Expand),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", Contract),
            ("DROP INDEX i", Blocking),
            ("DROP INDEX CONCURRENTLY i", Neutral),
            ("ALTER TABLE ONLY public.t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", Contract),
            ("ALTER TABLE t VALIDATE CONSTRAINT c", Neutral),
            ("ALTER TABLE t DROP CONSTRAINT c", Expand),
            ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", Contract),
            ("ALTER TABLE t ALTER a DROP NOT NULL", Expand),
            ("ALTER TABLE t ALTER COLUMN a SET DEFAULT 1", Neutral),
            ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", Contract),
            ("ALTER TABLE t ALTER COLUMN a TYPE bigint", Contract),
            ("ALTER TABLE t ADD COLUMN id uuid DEFAULT gen_random_uuid()", Blocking),
            ("ALTER TABLE t ADD COLUMN a bigint REFERENCES u (id)", Blocking),
            ("ALTER TABLE t ADD COLUMN a numeric(10, 2)", Expand),
            ("ALTER TABLE t SET (fillfactor = 70)", Neutral),
            ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", Unknown),
            ("ALTER TYPE mood ADD VALUE 'glad'", Expand),
            ("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", Contract),
            ("COMMENT ON TABLE t IS 'it''s; DROP TABLE t'", Neutral),
            ("CREATE FUNCTION f() RETURNS int AS $body$ DROP TABLE t; $body$ LANGUAGE sql", Expand),
            ("CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql", Unknown),
            ("DO $$ BEGIN DROP TABLE t; END $$", Unknown),
            ("/* a /* b */ DROP TABLE t; */ SET lock_timeout = '1s'", Neutral),
            ("INSERT INTO t VALUES (E'\\'; DROP TABLE t; --')", Neutral),
            ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", Unknown),
            ("CREATE TABLE \"T\" (a int); ALTER TABLE t DROP COLUMN a", Contract),
            ("REFRESH MATERIALIZED VIEW m", Blocking),
            ("ALTER TABLE t RENAME CONSTRAINT a TO b", Neutral),
            ("ALTER TABLE t RENAME key TO b", Contract),
            ("ALTER TABLE t DROP key CASCADE", Contract),
            ("ALTER TABLE t ALTER index TYPE text", Contract),
            ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", Neutral),
            ("VACUUM FULL t", Blocking),
            ("TRUNCATE t", Contract),
        ],
    );
}

#[test]
fn mysql() {
    check(
        MySql,
        &[
            ("CREATE INDEX i ON t (a)", Expand),
            ("CREATE FULLTEXT INDEX i ON t (a)", Blocking),
            ("DROP INDEX i ON t", Neutral),
            ("ALTER TABLE `t` ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE", Expand),
            ("ALTER TABLE t ADD UNIQUE KEY i (a)", Contract),
            ("ALTER TABLE t MODIFY COLUMN a bigint", Contract),
            ("ALTER TABLE t CHANGE a b int", Contract),
            ("ALTER TABLE t DROP FOREIGN KEY f", Expand),
            ("ALTER TABLE t DROP PRIMARY KEY", Contract),
            ("ALTER TABLE t DROP INDEX i", Neutral),
            ("ALTER TABLE t RENAME INDEX a TO b", Neutral),
            ("ALTER TABLE t ENGINE=InnoDB", Blocking),
            ("ALTER TABLE t ADD COLUMN a int AFTER b", Expand),
            ("RENAME TABLE a TO b", Contract),
            ("# DROP TABLE t\nSET FOREIGN_KEY_CHECKS = 0", Neutral),
            ("SET GLOBAL read_only = 1", Unknown),
            ("SET PASSWORD = 'x'", Unknown),
            ("START REPLICA", Unknown),
            ("ALTER TABLE t ALTER INDEX i INVISIBLE", Neutral),
            ("CREATE PROCEDURE p() BEGIN DROP TABLE t; END", Unknown),
            ("/*!50003 DROP TABLE t */", Unknown),
            ("INSERT INTO t VALUES ('a\\'; DROP TABLE t; #')", Neutral),
            ("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2", Unknown),
            ("REPLACE INTO t VALUES (1)", Unknown),
            ("SELECT 1--1; DROP TABLE t", Contract),
        ],
    );
}

#[test]
fn sqlite() {
    check(
        Sqlite,
        &[
            ("CREATE INDEX i ON t (a)", Blocking),
            ("DROP INDEX i", Neutral),
            ("ALTER TABLE [t] ADD COLUMN a REFERENCES u", Expand),
            ("PRAGMA foreign_keys = OFF", Neutral),
            ("PRAGMA writable_schema = ON", Unknown),
            ("CREATE VIRTUAL TABLE f USING fts5(a)", Expand),
            ("CREATE TABLE `t` (a); DROP TABLE `t`", Expand),
            ("INSERT OR REPLACE INTO t VALUES (1)", Unknown),
            ("DROP TABLE t -- the end", Contract),
            ("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", Unknown),
            ("BEGIN IMMEDIATE", Neutral),
            ("VACUUM", Blocking),
        ],
    );
}

#[test]
fn statements_are_named_by_their_first_words() {
    let found = statements("CREATE TABLE t (a int); DROP TABLE \"Old Ones\";", Postgres);
    let starts: Vec<_> = found.iter().map(|statement| statement.start.as_str()).collect();
    assert_eq!(starts, ["CREATE TABLE T ( A INT", "DROP TABLE Old Ones"]);
}

proptest! {
    #[test]
    fn no_script_panics(script in "[a-zA-Z0-9'\"`$\\[\\]/*;,.()#\\\\ \n-]{0,80}|\\PC{0,40}") {
        for dialect in [Postgres, MySql, Sqlite] {
            statements(&script, dialect);
        }
    }

    #[test]
    fn what_comes_before_and_behind_does_not_hide_a_drop(before in "[a-z ,()=]{0,30}", behind in "[a-z ,()=]{0,30}") {
        for dialect in [Postgres, MySql, Sqlite] {
            let script = format!("{before};\nDROP TABLE users;{behind}");
            prop_assert_eq!(classify(&script, dialect), Contract);
        }
    }
}
