//! No file names a place that exists on this machine only: a home folder, a checkout.

use std::path::Path;

use super::{Finding, files::TextFile};

/// First folders under which people, containers and CI systems keep checkouts. Other names under them, such as the
/// home of a made-up user in a test, give nothing away.
const CHECKOUT_ROOTS: [&str; 7] = ["home", "Users", "root", "work", "workspace", "workspaces", "builds"];

/// Checks every line; `exists` says what is on this machine.
pub(super) fn check(files: &[TextFile], root: &Path, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let checkout = root.display().to_string();
    let mut findings = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            let mut paths = absolute_paths(line);
            if let Some(path) = paths.find(|path| path.starts_with(&checkout) || is_private(path, &exists)) {
                let message = format!("names {path}, a place on one machine");
                findings.push(Finding::error(format!("{}:{}", file.path, number + 1), message));
            }
        }
    }
    findings
}

/// The absolute paths in `line`, with at least one folder.
fn absolute_paths(line: &str) -> impl Iterator<Item = &str> {
    let starts = line.match_indices('/').map(|(at, _)| at).filter(|at| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"/.}_-~*>".contains(c))
    });
    let is_path = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    starts.map(move |at| line[at..].split(|c| !is_path(c)).next().unwrap_or_default())
}

/// Whether `path` leads below one of the roots, to something that is there.
fn is_private(path: &str, exists: &impl Fn(&Path) -> bool) -> bool {
    let mut parts = path.split('/').skip(1);
    let (Some(first), Some(second)) = (parts.next(), parts.next()) else { return false };
    let below = Path::new("/").join(first).join(second);
    CHECKOUT_ROOTS.contains(&first) && !second.is_empty() && exists(&below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let file = TextFile { path: "a.md".to_owned(), text: text.to_owned() };
        let exists = |path: &Path| path == Path::new("/home/me");
        let findings = check(&[file], Path::new("/opt/check/out"), exists);
        findings.into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn places_of_this_machine_are_found() {
        assert_eq!(found("ok\nsee /home/me/notes"), ["a.md:2"]);
        assert_eq!(found("dir = \"/home/me\""), ["a.md:1"]);
        assert_eq!(found("in /opt/check/out/a"), ["a.md:1"]);
    }

    #[test]
    fn made_up_places_routes_and_relative_paths_are_not() {
        let fine =
            ["/home/somebody/x", "GET /api/home/me", "src/home/me", "/usr/bin/env /opt/check", "/home/", "/"];
        assert_eq!(found(&fine.join("\n")), Vec::<String>::new());
    }
}
