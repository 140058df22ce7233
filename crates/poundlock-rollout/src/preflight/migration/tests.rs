//! Tables as each tool writes them, beside files as it names them.

use super::{Cell::*, *};
use crate::preflight::{
    Status,
    sql::{Dialect, Effect},
};
use proptest::prelude::*;

fn table(columns: &str, rows: Vec<Vec<Cell>>) -> Table {
    Table { columns: columns.split(' ').map(str::to_owned).collect(), rows }
}

fn text(value: &str) -> Cell {
    Text(value.to_owned())
}

fn file<'a>(path: &'a str, text: &'a str) -> File<'a> {
    File { path, text }
}

/// `pending` and `problems` are lists with spaces; a problem is D, M or C and its version.
fn check(tool: Tool, table: &Table, files: &[File<'_>], pending: &str, problems: &str) {
    let state = read(tool, table, files).unwrap();
    let versions: Vec<_> = state.pending.iter().map(|pending| pending.version.as_str()).collect();
    let words = state.problems.iter().map(|problem| match problem {
        Problem::Dirty(version) => format!("D:{version}"),
        Problem::Missing(version) => format!("M:{version}"),
        Problem::Changed(version) => format!("C:{version}"),
    });
    assert_eq!(
        (versions.join(" "), words.collect::<Vec<_>>().join(" ")),
        (pending.to_owned(), problems.to_owned())
    );
}

#[test]
fn alembic() {
    let files = [
        file("alembic/versions/c_merge.py", "revision: str = 'c3'\ndown_revision = (\n  'b1',\n  'b2')\n"),
        file("alembic/versions/a.py", "\"\"\"first\"\"\"\nrevision = \"a1\"\ndown_revision = None\n"),
        file("alembic/versions/b1.py", "revision = 'b1'\ndown_revision = 'a1'  # 'x'\n"),
        file("alembic/versions/b2.py", "revision = 'b2'\ndown_revision: Union[str, None] = 'a1'\n"),
        file("alembic/env.py", "import x\n"),
    ];
    let rows = |heads: &[&str]| table("version_num", heads.iter().map(|head| vec![text(head)]).collect());
    check(Tool::Alembic, &rows(&[]), &files, "a1 b1 b2 c3", "");
    check(Tool::Alembic, &rows(&["b1"]), &files, "b2 c3", "");
    check(Tool::Alembic, &rows(&["b1", "b2"]), &files, "c3", "");
    check(Tool::Alembic, &rows(&["c3"]), &files, "", "");
    check(Tool::Alembic, &rows(&["zz"]), &files[1..2], "a1", "M:zz");
    let circle =
        [file("a.py", "revision='a'\ndown_revision='b'"), file("b.py", "revision='b'\ndown_revision='a'")];
    check(Tool::Alembic, &rows(&[]), &circle, "a b", "");
    check(Tool::Alembic, &rows(&["a"]), &circle, "", "");
}

#[test]
fn django() {
    // As Django 5.2 writes it.
    let squashed = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n\n    \
                    replaces = [('shop', '0001_initial'), ('shop', '0002_a_y')]\n\n    initial = True\n";
    let files = [
        file("shop/migrations/__init__.py", ""),
        file("shop/migrations/0001_initial.py", "class Migration:\n    dependencies = []\n"),
        file("shop/migrations/0002_a_y.py", ""),
        file("shop/migrations/0001_squashed_0002_a_y.py", squashed),
        file("shop/models.py", "x = 1"),
    ];
    let rows = |names: &[&str]| {
        let row = |name: &&str| vec![text("shop"), text(name)];
        let auth = vec![text("auth"), text("0001_initial")];
        table("app name", names.iter().map(row).chain([auth]).collect())
    };
    check(Tool::Django, &rows(&[]), &files[..3], "shop.0001_initial shop.0002_a_y", "");
    check(Tool::Django, &rows(&["0001_initial"]), &files[..3], "shop.0002_a_y", "");
    check(Tool::Django, &rows(&["0001_initial", "0002_a_y", "0003_x"]), &files[..3], "", "M:shop.0003_x");
    // With the squashed one beside them.
    check(Tool::Django, &rows(&[]), &files, "shop.0001_squashed_0002_a_y", "");
    check(Tool::Django, &rows(&["0001_initial"]), &files, "shop.0002_a_y", "");
    check(Tool::Django, &rows(&["0001_initial", "0002_a_y"]), &files, "", "");
    // With the old ones deleted.
    check(Tool::Django, &rows(&["0001_initial", "0002_a_y"]), &files[3..], "", "");
}

#[test]
fn sqlx() {
    let files = [
        file("migrations/0001_users.up.sql", "CREATE TABLE users (id int);"),
        file("migrations/0001_users.down.sql", "DROP TABLE users;"),
        file("migrations/20240101000000_orders.sql", "ALTER TABLE users DROP COLUMN id;"),
    ];
    // SHA-384 of the text, from coreutils.
    let sum =
        "71cd0168b3ee43e6f3ad1d7c856155de7f91dbd19a0a66217a0239ec63dfbb9521189121b2b4a9a7ad9a748a9050751d";
    let bytes = crate::hex::read(sum).unwrap();
    let row = |success, bytes: &[u8]| vec![Int(1), text("users"), success, Bytes(bytes.to_vec())];
    let rows = |row| table("version description success checksum", vec![row]);
    check(Tool::Sqlx, &rows(row(Bool(true), &bytes)), &files, "20240101000000", "");
    check(Tool::Sqlx, &rows(row(Int(0), &bytes)), &files, "20240101000000", "D:1");
    check(Tool::Sqlx, &rows(row(Int(1), b"other")), &files[..2], "", "C:1");
    check(Tool::Sqlx, &rows(row(Int(1), &bytes)), &[], "", "M:1");
}

#[test]
fn diesel_and_sea_orm() {
    let files = [
        file("migrations/00000000000000_diesel_initial_setup/up.sql", ""),
        file("migrations/2024-01-01-120000_users/up.sql", "CREATE TABLE users (id int);"),
        file("migrations/2024-01-01-120000_users/down.sql", ""),
    ];
    let rows = table("version run_on", vec![vec![text("00000000000000"), Null], vec![text("7"), Null]]);
    check(Tool::Diesel, &rows, &files, "20240101120000", "M:7");
    let files = [
        file("migration/src/m20220101_000001_create_table.rs", ""),
        file("migration/src/m20220102_000001_more.rs", ""),
        file("migration/src/main.rs", ""),
    ];
    let rows = table("version applied_at", vec![vec![text("m20220101_000001_create_table"), Int(1)]]);
    check(Tool::SeaOrm, &rows, &files, "m20220102_000001_more", "");
}

#[test]
fn flyway() {
    let files = [
        file("db/migration/V1.0__first.sql", "1234\n56789"),
        file("db/migration/V1_2__second.sql", ""),
        file("db/migration/V10__tenth.sql", ""),
        file("db/migration/U10__tenth.sql", ""),
        file("db/migration/R__views.sql", "123456789"),
    ];
    let sum = || Int(i64::from(0xcbf4_3926_u32.cast_signed()));
    let row = |version: Cell, script: &str, kind: &str, sum: Cell, ok: bool| {
        vec![version, text(script), text(kind), sum, Bool(ok)]
    };
    let rows = |rows| table("version script type checksum success", rows);
    let first = || row(text("1"), "V1.0__first.sql", "SQL", sum(), true);
    let views = |sum| row(Null, "db/R__views.sql", "SQL", sum, true);
    check(Tool::Flyway, &rows(vec![first(), views(sum())]), &files, "1.2 10", "");
    check(Tool::Flyway, &rows(vec![first(), views(Int(5))]), &files, "1.2 10 R__views.sql", "");
    let base = row(text("2"), "<< Flyway Baseline >>", "BASELINE", Null, true);
    check(Tool::Flyway, &rows(vec![base]), &files[..4], "10", "");
    let failed = row(text("1.2"), "V1_2__second.sql", "SQL", Null, false);
    let changed = row(text("1"), "V1.0__first.sql", "SQL", Int(1), true);
    let gone = row(text("9"), "V9__x.sql", "SQL", Null, true);
    check(Tool::Flyway, &rows(vec![changed, failed, gone]), &files[..4], "10", "C:1 D:1.2 M:9");
    let undone = row(text("1"), "U1__first.sql", "UNDO_SQL", Null, true);
    check(Tool::Flyway, &rows(vec![first(), undone]), &files[..1], "1", "");
}

#[test]
fn prisma() {
    let files = [
        file("prisma/migrations/20240101_a/migration.sql", "abc"),
        file("prisma/migrations/20240102_b/migration.sql", "x"),
        file("prisma/migrations/migration_lock.toml", ""),
    ];
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let row =
        |name: &str, sum: &str, finished: Cell, rolled: Cell| vec![text(name), text(sum), finished, rolled];
    let rows = |rows| table("migration_name checksum finished_at rolled_back_at", rows);
    check(Tool::Prisma, &rows(vec![row("20240101_a", sum, text("now"), Null)]), &files, "20240102_b", "");
    check(Tool::Prisma, &rows(vec![row("20240101_a", sum, Null, Null)]), &files[..1], "", "D:20240101_a");
    check(
        Tool::Prisma,
        &rows(vec![row("20240101_a", "0", text("now"), Null)]),
        &files[..1],
        "",
        "C:20240101_a",
    );
    let again = vec![row("20240101_a", sum, Null, text("then")), row("20240101_a", sum, text("now"), Null)];
    check(Tool::Prisma, &rows(again), &files[..1], "", "");
    check(
        Tool::Prisma,
        &rows(vec![row("20240101_a", sum, Null, text("then"))]),
        &files[..1],
        "20240101_a",
        "",
    );
}

#[test]
fn four_tools_share_a_table() {
    let migrate =
        [file("m/000001_a.up.sql", ""), file("m/000002_b.up.sql", ""), file("m/000002_b.down.sql", "")];
    let rows = |dirty| table("version dirty", vec![vec![Int(1), Bool(dirty)]]);
    check(Tool::GolangMigrate, &rows(false), &migrate, "2", "");
    check(Tool::GolangMigrate, &rows(true), &migrate, "2", "D:1");
    let ahead = table("version dirty", vec![vec![Int(7), Bool(false)]]);
    check(Tool::GolangMigrate, &ahead, &migrate, "", "M:7");
    let ecto = [file("priv/repo/migrations/20240101000000_a.exs", "")];
    check(Tool::Ecto, &table("version inserted_at", vec![]), &ecto, "20240101000000", "");
    let rails = [file("db/migrate/20240101000000_a.rb", ""), file("db/schema.rb", "")];
    check(Tool::Rails, &table("version", vec![vec![text("20240101000000")]]), &rails, "", "");
    let dbmate = [file("db/migrations/20240101_a.sql", "-- migrate:up\nDROP TABLE a;\n-- migrate:down\nx")];
    check(Tool::Dbmate, &table("version", vec![]), &dbmate, "20240101", "");
    let of = |columns: &[&str], files: &[File<'_>]| Tool::of_table("schema_migrations", columns, files);
    assert_eq!(of(&["version", "dirty"], &rails), Some(Tool::GolangMigrate));
    assert_eq!(of(&["version", "inserted_at"], &[]), Some(Tool::Ecto));
    assert_eq!(of(&["version"], &rails), Some(Tool::Rails));
    assert_eq!(of(&["version"], &dbmate), Some(Tool::Dbmate));
    assert_eq!(of(&["version"], &[]), None);
    assert_eq!(Tool::of_table("alembic_version", &[], &[]), Some(Tool::Alembic));
    assert_eq!(Tool::of_table("users", &[], &[]), None);
}

#[test]
fn refinery_and_goose() {
    let files = [file("migrations/V1__first.sql", "SELECT 1;"), file("migrations/V2__second.rs", "")];
    let known = files::known(Tool::Refinery, &files).unwrap();
    for sum in &known[0].checksums {
        let rows = table("version name checksum", vec![vec![Int(1), text("first"), text(sum)]]);
        check(Tool::Refinery, &rows, &files, "2", "");
    }
    let rows = table("version name checksum", vec![vec![Int(1), text("first"), text("7")]]);
    check(Tool::Refinery, &rows, &files, "2", "C:1");
    let files = [
        file("db/00001_a.sql", "-- +goose Up\nCREATE TABLE a (b int);\n-- +goose Down\nDROP TABLE a;"),
        file("db/00002_b.go", ""),
    ];
    let row = |version, applied| vec![Int(version), Bool(applied)];
    let rows = |rows| table("version_id is_applied", rows);
    check(Tool::Goose, &rows(vec![row(0, true), row(1, true)]), &files, "2", "");
    check(Tool::Goose, &rows(vec![row(0, true), row(1, true), row(1, false)]), &files, "1 2", "");
    let state = read(Tool::Goose, &rows(vec![row(0, true)]), &files).unwrap();
    assert_eq!(state.pending[0].effect(Dialect::Postgres), Effect::Expand, "the way down is not run");
}

#[test]
fn a_state_becomes_checks() {
    let files = [file("0001_a.sql", "CREATE TABLE a (b int);"), file("0002_b.sql", "DROP TABLE old;")];
    let none = table("version description success checksum", vec![]);
    let checks = super::check(&read(Tool::Sqlx, &none, &files).unwrap(), Dialect::Sqlite);
    assert_eq!((checks.len(), checks[0].status), (1, Status::Fail));
    assert_eq!(checks[0].detail, "2 pending: 1 (expand), 2 (contract)");
    assert!(checks[0].fix.as_deref().unwrap().starts_with("keep back"));
    let checks = super::check(&read(Tool::Sqlx, &none, &files[..1]).unwrap(), Dialect::Sqlite);
    assert!(checks[0].fix.as_deref().unwrap().contains("the old release can run on them"));
    let checks = super::check(&read(Tool::Sqlx, &none, &[]).unwrap(), Dialect::Sqlite);
    assert_eq!((checks[0].status, checks[0].detail.as_str()), (Status::Pass, "0 applied, none pending"));
    let gone = table("version", vec![vec![Int(1)]]);
    let checks = super::check(&read(Tool::Rails, &gone, &[]).unwrap(), Dialect::Sqlite);
    assert_eq!((checks.len(), checks[0].status), (1, Status::Fail));
}

#[test]
fn a_table_of_somebody_else_is_an_error() {
    let error = read(Tool::Sqlx, &table("version", vec![vec![Int(1)]]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "_sqlx_migrations has no column checksum");
    let error =
        read(Tool::Goose, &table("version_id is_applied", vec![vec![Int(1), Null]]), &[]).unwrap_err();
    assert_eq!(error.to_string(), "goose_db_version.is_applied has a value that goose does not write");
    let short = read(Tool::Goose, &table("version_id is_applied", vec![vec![Int(1)]]), &[]).unwrap_err();
    assert!(matches!(short, ReadError::NoColumn { column: "is_applied", .. }));
    let many = table("version", vec![vec![Int(1)]; MAX_MIGRATIONS + 1]);
    assert_eq!(read(Tool::Rails, &many, &[]), Err(ReadError::TooMany));
    let bad = [file("a.py", "revision = 'a'")];
    assert!(matches!(read(Tool::Alembic, &table("version_num", vec![]), &bad), Err(ReadError::File { .. })));
}

const TOOLS: [Tool; 13] = [
    Tool::Alembic,
    Tool::Django,
    Tool::Sqlx,
    Tool::Diesel,
    Tool::Flyway,
    Tool::Prisma,
    Tool::GolangMigrate,
    Tool::Ecto,
    Tool::Rails,
    Tool::Dbmate,
    Tool::Refinery,
    Tool::Goose,
    Tool::SeaOrm,
];

#[test]
fn only_reads_are_sent() {
    for tool in TOOLS {
        let select = tool.select();
        assert!(
            select.starts_with("SELECT ") && select.contains(tool.table()) && !select.contains(';'),
            "{select}"
        );
    }
}

proptest! {
    #[test]
    fn no_file_and_no_row_panics_and_no_column_is_missing(
        path in "[a-zA-Z0-9_./-]{0,30}(\\.py|\\.sql|\\.rb|\\.rs)?", content in "\\PC{0,60}", cell in "\\PC{0,20}",
        kinds in prop::collection::vec(0usize..4, 5),
    ) {
        let cell = |kind: &usize| [Int(1), Bool(true), Text(cell.clone()), Bytes(cell.clone().into_bytes())][*kind].clone();
        let content = format!("revision = {content}\ndown_revision = ({content}\nreplaces = [{content}");
        for tool in TOOLS {
            let columns: String = tool.select();
            let columns = columns.trim_start_matches("SELECT ").split(" FROM ").next().unwrap().replace(',', "");
            let count = columns.split(' ').count();
            let rows = table(&columns, vec![kinds[..count].iter().map(cell).collect()]);
            let read = read(tool, &rows, &[File { path: &path, text: &content }]);
            prop_assert!(!matches!(read, Err(ReadError::NoColumn { .. })), "{read:?}");
        }
    }
}
