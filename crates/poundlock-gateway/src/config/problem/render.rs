//! Draws [`Problems`] for people, in the manner of rustc.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Place, Problem, Problems, Severity};

/// Problems drawn in full; a machine-made file can have any number.
const MAX_DRAWN: usize = 50;

pub(super) fn render(problems: &Problems, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for problem in problems.list.iter().take(MAX_DRAWN) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&renderer.render(&[group(problems, problem)]));
        out.push('\n');
    }
    out.push_str(&summary(problems));
    out.push('\n');
    out
}

fn group<'a>(problems: &'a Problems, problem: &'a Problem) -> Group<'a> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(problem.message.as_str()));
    let label = problem.label.as_deref();
    group = match (&problem.place, &problems.file) {
        (Place::File(range), Some((path, text))) => {
            let (lines, first_line) = lines_around(text, range);
            let span = range.start - lines.start..range.end - lines.start;
            group.element(
                Snippet::source(&text[lines])
                    .path(path.display().to_string())
                    .line_start(first_line)
                    .annotation(AnnotationKind::Primary.span(span).label(label)),
            )
        }
        (place, _) => {
            let named = match place {
                Place::Env(name) => Some(format!("variable {name}")),
                Place::Flag(name) => Some(format!("flag {name}")),
                _ => None,
            };
            group = group.elements(named.map(Origin::path));
            group.elements(label.map(|label| Level::NOTE.message(label)))
        }
    };
    group.elements(problem.help.as_deref().map(|help| Level::HELP.message(help)))
}

/// The whole lines that a range touches, and the number of the first; so that drawing one problem does not
/// depend on the size of the file. Only the first line of a range over several is kept.
fn lines_around(text: &str, range: &Range<usize>) -> (Range<usize>, usize) {
    let start = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |newline| range.end + newline);
    (start..end, text[..start].matches('\n').count() + 1)
}

/// `poundlock.toml: 2 errors, 1 warning.`
fn summary(problems: &Problems) -> String {
    let mut counts = Vec::new();
    for (severity, word) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        match problems.list.iter().filter(|problem| problem.severity == severity).count() {
            0 => {}
            1 => counts.push(format!("1 {word}")),
            n => counts.push(format!("{n} {word}s")),
        }
    }
    let hidden = problems.list.len().saturating_sub(MAX_DRAWN);
    if hidden > 0 {
        counts.push(format!("{hidden} of them not shown"));
    }
    let subject = match &problems.file {
        Some((path, _)) => path.display().to_string(),
        None => "configuration".to_owned(),
    };
    format!("{subject}: {}.", counts.join(", "))
}
