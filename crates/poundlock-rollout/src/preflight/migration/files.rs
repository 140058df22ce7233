//! A project's migrations, from the names and texts of its files.
//!
//! Main items: [`known`] and [`Known`]. Code is not run: of Python files only plain assignments are read.

use super::{MAX_MIGRATIONS, ReadError, Tool, checksum, version};

/// A file of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// Its path below the project, with `/`.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// A migration that the project has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Known {
    pub(super) version: String,
    pub(super) path: String,
    /// What its text may hash to; none where the tool does not hash.
    pub(super) checksums: Vec<String>,
    /// What applying it runs, where that is SQL.
    pub(super) sql: Option<String>,
    /// What must be applied before (Alembic).
    pub(super) parents: Vec<String>,
    /// What it stands for (Django's squashed migrations).
    pub(super) replaces: Vec<String>,
    /// Applied again whenever its text changes (Flyway).
    pub(super) is_repeatable: bool,
}

pub(super) fn known(tool: Tool, files: &[File<'_>]) -> Result<Vec<Known>, ReadError> {
    if files.len() > MAX_MIGRATIONS {
        return Err(ReadError::TooMany);
    }
    let mut found = Vec::new();
    for file in files {
        let Some(version) = version(tool, file) else { continue };
        found.push(one(tool, version, file)?);
    }
    found.sort_by(|a: &Known, b| {
        a.is_repeatable.cmp(&b.is_repeatable).then_with(|| version::order(&a.version, &b.version))
    });
    Ok(found)
}

fn one(tool: Tool, version: String, file: &File<'_>) -> Result<Known, ReadError> {
    let bad = |why| ReadError::File { path: file.path.to_owned(), why };
    let known = Known { path: file.path.to_owned(), ..Known::default() };
    match tool {
        Tool::Alembic => {
            let down = assigned(file.text, "down_revision").ok_or(bad("there is no down_revision"))?;
            let mut parents = strings(down);
            parents.extend(assigned(file.text, "depends_on").map(strings).unwrap_or_default());
            Ok(Known { version, parents, ..known })
        }
        Tool::Django => {
            let replaces = assigned(file.text, "replaces").map(strings).unwrap_or_default();
            let (pairs, rest) = replaces.as_chunks::<2>();
            if !rest.is_empty() {
                return Err(bad("replaces is no list of pairs"));
            }
            let replaces = pairs.iter().map(|[app, name]| format!("{app}.{name}")).collect();
            Ok(Known { version, replaces, ..known })
        }
        _ => {
            let name = stem(file.path).split_once("__").map_or("", |(_, name)| name);
            let checksums = checksum::of(tool, &version, name, file.text);
            let is_repeatable = tool == Tool::Flyway && file_name(file.path).starts_with("R__");
            Ok(Known { checksums, is_repeatable, sql: sql(tool, file), version, ..known })
        }
    }
}

/// The version of a file, if it is a migration of the tool.
pub(super) fn version(tool: Tool, file: &File<'_>) -> Option<String> {
    let (name, folder) = (file_name(file.path), folder(file.path));
    let numbered = |ending: &str| {
        let (digits, rest) = name.split_once('_')?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && rest.ends_with(ending)).then(|| version::number(digits))
    };
    match tool {
        Tool::Alembic => {
            let is_python = name.ends_with(".py");
            let revision = is_python.then(|| assigned(file.text, "revision")).flatten()?;
            strings(revision).into_iter().next()
        }
        Tool::Django => {
            let app = folder_of(file.path)?.strip_suffix("/migrations")?;
            let name = name.strip_suffix(".py").filter(|name| *name != "__init__")?;
            Some(format!("{}.{name}", file_name(app)))
        }
        Tool::Sqlx => numbered(".sql").filter(|_| !name.ends_with(".down.sql")),
        Tool::Diesel => {
            let (number, _) = folder.split_once('_')?;
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            (name == "up.sql" && is_number).then(|| number.replace('-', ""))
        }
        Tool::Flyway if name.starts_with("R__") && name.ends_with(".sql") => Some(name.to_owned()),
        Tool::Flyway => {
            let (number, _) = name.strip_prefix('V')?.strip_suffix(".sql")?.split_once("__")?;
            Some(version::dotted(number))
        }
        Tool::Prisma => (name == "migration.sql").then(|| folder.to_owned()),
        Tool::GolangMigrate => numbered("").filter(|_| name.contains(".up.")),
        Tool::Ecto => numbered(".exs"),
        Tool::Rails => numbered(".rb"),
        Tool::Dbmate => numbered(".sql").filter(|_| file.text.contains("-- migrate:up")),
        Tool::Refinery => {
            let (number, _) = name.strip_prefix(['V', 'U'])?.split_once("__")?;
            let is_migration = name.ends_with(".sql") || name.ends_with(".rs");
            (is_migration && number.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| version::number(number))
        }
        Tool::Goose => {
            let is_sql = name.ends_with(".sql") && file.text.contains("-- +goose Up");
            numbered("").filter(|_| is_sql || name.ends_with(".go"))
        }
        Tool::SeaOrm => {
            let stem = name.strip_suffix(".rs")?;
            let number = stem.strip_prefix('m')?;
            number.starts_with(|c: char| c.is_ascii_digit()).then(|| stem.to_owned())
        }
    }
}

/// What is run to apply it.
fn sql(tool: Tool, file: &File<'_>) -> Option<String> {
    if !file.path.ends_with(".sql") {
        return None;
    }
    let (up, down) = match tool {
        Tool::Dbmate => ("-- migrate:up", "-- migrate:down"),
        Tool::Goose => ("-- +goose Up", "-- +goose Down"),
        _ => return Some(file.text.to_owned()),
    };
    let behind = file.text.split_once(up)?.1;
    let part = behind.split_once(down).map_or(behind, |(part, _)| part);
    // The rest of the marker's line holds options.
    Some(part.split_once('\n').map_or("", |(_, sql)| sql).to_owned())
}

/// What a Python file assigns to a name at the beginning of a line, or one step into a class.
fn assigned<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let behind = bare.strip_prefix(name).filter(|rest| rest.starts_with([' ', '=', ':']));
        if let Some((_, value)) = behind.and_then(|rest| rest.split_once('=')) {
            let start = at + line.len() - value.len();
            let value = text[start..].trim_start_matches([' ', '\t']);
            let end = match value.chars().next() {
                Some('[') => value.find(']'),
                Some('(') => value.find(')'),
                _ => value.find(['\n', '#']),
            };
            return Some(&value[..end.unwrap_or(value.len())]);
        }
        at += line.len();
    }
    None
}

/// The strings of an expression, in order.
fn strings(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = if rest[at..].starts_with('"') { '"' } else { '\'' };
        let behind = &rest[at + 1..];
        let Some(end) = behind.find(quote) else { break };
        found.push(behind[..end].to_owned());
        rest = &behind[end + 1..];
    }
    found
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

fn folder(path: &str) -> &str {
    folder_of(path).map_or("", file_name)
}
