//! Paths as a file system reads them.

/// Resolves `.`, `..` and doubled separators; `\` counts as `/`.
///
/// What leads above the start stays as `..` for a relative path and is dropped for an absolute one.
pub fn normal_path(input: &[u8]) -> Vec<u8> {
    let absolute = matches!(input.first(), Some(b'/' | b'\\'));
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut last = input;
    for part in input.split(|byte| matches!(byte, b'/' | b'\\')) {
        last = part;
        match part {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|part| *part != b"..") => {
                kept.pop();
            }
            b".." if absolute => {}
            _ => kept.push(part),
        }
    }
    let mut out: Vec<u8> = if absolute { vec![b'/'] } else { Vec::new() };
    out.extend_from_slice(&kept.join(&b"/"[..]));
    if last.is_empty() && !kept.is_empty() {
        out.push(b'/');
    }
    out
}
