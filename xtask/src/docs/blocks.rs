//! [`Block`]: a fenced code block of a Markdown document.

use super::Document;

/// What stands between two fences.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    pub(super) path: &'a str,
    /// Line of the first line inside, from 1.
    pub(super) line: usize,
    /// First word after the fence.
    pub(super) language: &'a str,
    pub(super) lines: Vec<&'a str>,
}

impl Block<'_> {
    /// The place of the line at `offset` inside the block.
    pub(super) fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.path, self.line + offset)
    }

    pub(super) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// All blocks of `document`. One that is not closed ends with the document, as Markdown has it.
pub(super) fn of(document: &Document) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (number, line) in document.text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => {
                let language = info.split_whitespace().next().unwrap_or_default();
                open = Some(Block { path: &document.path, line: number + 2, language, lines: Vec::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.lines.push(line),
            (None, None) => {}
        }
    }
    blocks.extend(open);
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_language_and_place() {
        let text = "# A\n\n```sh extra\na\nb\n```\ntext\n- item\n  ```toml\n  c = 1\n".to_owned();
        let document = Document { path: "a.md".to_owned(), text };
        let blocks = of(&document);
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].language, blocks[0].text().as_str()), ("sh", "a\nb\n"));
        assert_eq!(blocks[0].place(1), "a.md:5");
        assert_eq!((blocks[1].language, blocks[1].place(0)), ("toml", "a.md:10".to_owned()));
    }
}
