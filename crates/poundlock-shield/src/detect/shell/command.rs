//! Reads a command: its name, however it is disguised, and what stands behind it.
//!
//! Main item: [`read`].

use super::super::path::is_sensitive;
use std::{collections::HashMap, sync::LazyLock};

/// What kind of name a command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No word of English.
    Strong,
    /// A word that texts have as well.
    English,
    /// Called by its path: `/usr/bin/id`.
    Path,
}

/// What follows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// `;`, `|`, `&`, `)`, a backtick, a redirection, a comment
    Operator,
    /// An option, a path, an address, a quoted or computed word.
    Argument,
    /// One plain word, and then nothing or an operator.
    Word,
    /// Words, as in a sentence, or something that no command has.
    Words,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) kind: Kind,
    pub(super) rest: Rest,
    /// After the name.
    pub(super) end: usize,
    /// The length of the name.
    pub(super) length: usize,
    /// Whether quotes, backslashes or empty variables are inside the name.
    pub(super) disguised: bool,
    /// Whether the argument is a file or an address that attacks use.
    pub(super) telling: bool,
}

/// Commands whose names are no words.
const STRONG: [&str; 185] = [
    "apt",
    "apt-get",
    "yum",
    "dnf",
    "apk",
    "dpkg",
    "rpm",
    "aptitude",
    "perf",
    "c89",
    "c99",
    "cpulimit",
    "tcpdump",
    "strace",
    "gdb",
    "whois",
    "unzip",
    "7z",
    "journalctl",
    "ansible",
    "ansible-playbook",
    "ansible-doc",
    "ansible-galaxy",
    "zgrep",
    "zcat",
    "zstdcat",
    "bzcat",
    "xzcat",
    "nawk",
    "mawk",
    "vi",
    "emacs",
    "nano",
    "msgfilter",
    "cscli",
    "jq",
    "tshark",
    "aria2c",
    "axel",
    "rustc",
    "javac",
    "jrunscript",
    "luajit",
    "irb",
    "pry",
    "sqlite3",
    "mysqldump",
    "redis-cli",
    "gtester",
    "unshare",
    "chroot",
    "capsh",
    "setarch",
    "taskset",
    "ionice",
    "runuser",
    "doas",
    "pkexec",
    "stdbuf",
    "flock",
    "timeout",
    "taskkill",
    "whereis",
    "qwinsta",
    "nltest",
    "dsquery",
    "vssadmin",
    "schtasks",
    "icacls",
    "attrib",
    "findstr",
    "fsutil",
    "netsh",
    "nbtstat",
    "pathping",
    "getmac",
    "gpresult",
    "whoami",
    "ls",
    "cat",
    "uname",
    "ifconfig",
    "netstat",
    "wget",
    "curl",
    "ping",
    "ping6",
    "nslookup",
    "chmod",
    "chown",
    "passwd",
    "bash",
    "sh",
    "zsh",
    "ksh",
    "csh",
    "dash",
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "python",
    "python3",
    "python2",
    "perl",
    "ruby",
    "php",
    "gcc",
    "awk",
    "gawk",
    "sed",
    "grep",
    "egrep",
    "xargs",
    "tee",
    "tar",
    "gzip",
    "base64",
    "xxd",
    "nohup",
    "sudo",
    "su",
    "crontab",
    "systemctl",
    "ps",
    "pwd",
    "printenv",
    "id",
    "dir",
    "ipconfig",
    "net",
    "cmd",
    "powershell",
    "pwsh",
    "certutil",
    "bitsadmin",
    "tasklist",
    "wmic",
    "reg",
    "rundll32",
    "regsvr32",
    "mshta",
    "cscript",
    "wscript",
    "systeminfo",
    "tracert",
    "traceroute",
    "del",
    "rmdir",
    "mkdir",
    "rm",
    "mv",
    "cp",
    "ln",
    "dd",
    "df",
    "du",
    "lsof",
    "arp",
    "dig",
    "socat",
    "ssh",
    "scp",
    "ftp",
    "tftp",
    "rsync",
    "busybox",
    "lynx",
    "nmap",
    "openssl",
    "tac",
    "nl",
    "hexdump",
    "finger",
    "sleep",
    "hostname",
    "uptime",
    "useradd",
    "adduser",
    "getent",
    "env",
    "lspci",
    "dmesg",
    "vim",
    "ipcs",
];

/// Commands whose names are words of English, or of everybody who builds programs.
const ENGLISH: [&str; 63] = [
    "who", "w", "time", "find", "sort", "more", "less", "type", "date", "last", "at", "top", "kill", "echo",
    "set", "head", "tail", "test", "true", "false", "touch", "cut", "split", "history", "file", "which",
    "host", "mail", "man", "make", "expr", "read", "start", "copy", "move", "strings", "help", "exec",
    "eval", "export", "print", "printf", "node", "source", "mount", "shutdown", "npm", "npx", "yarn", "gem",
    "pip", "pip3", "pipx", "git", "docker", "kubectl", "rake", "tmux", "mysql", "psql", "octave", "julia",
    "lua",
];

static COMMANDS: LazyLock<HashMap<&'static [u8], Kind>> = LazyLock::new(|| {
    let of = |names: &'static [&'static str], kind| names.iter().map(move |name| (name.as_bytes(), kind));
    of(&ENGLISH, Kind::English).chain(of(&STRONG, Kind::Strong)).collect()
});

/// Reads the command at `from`, if one of a known name is there.
pub(super) fn read(text: &[u8], from: usize) -> Option<Command> {
    let start =
        from + text[from.min(text.len())..].iter().take(16).take_while(|b| b" \t({+'\"".contains(b)).count();
    // What starts like no command is told by its first two letters, which is most of what texts have.
    if !may_start(text.get(start..)?) {
        return None;
    }
    let (name, end, disguised) = name(text, start)?;
    let base = base(&name);
    let path = base.len() < name.len();
    let known = *COMMANDS.get(&*base.to_ascii_lowercase())?;
    let kind = if path { Kind::Path } else { known };
    let (rest, telling) = rest(text, end);
    Some(Command { kind, rest, end, length: name.len(), disguised, telling })
}

/// Pairs of first letters of all commands and of the folders they are in.
static STARTS: LazyLock<[bool; 1 << 16]> = LazyLock::new(|| {
    let mut table = [false; 1 << 16];
    let names = ENGLISH.iter().chain(&STRONG).chain(&["bin", "usr"]);
    for name in names {
        let bytes = name.as_bytes();
        let second = bytes.get(1).copied().unwrap_or(0);
        table[usize::from(bytes[0]) << 8 | usize::from(second)] = true;
    }
    table
});

/// Whether a command may start here. Anything that is no letter may disguise one.
fn may_start(text: &[u8]) -> bool {
    let Some(first) = text.first().map(u8::to_ascii_lowercase) else { return false };
    let second = text.get(1).map_or(0, u8::to_ascii_lowercase);
    match (first, second) {
        (b'/' | b'\\' | b'$', _) => true,
        (first, _) if !first.is_ascii_alphabetic() => false,
        (first, second) if second.is_ascii_alphabetic() => {
            STARTS[usize::from(first) << 8 | usize::from(second)]
        }
        (first, b'0'..=b'9' | b'_') => STARTS[usize::from(first) << 8],
        // A command of one letter, or one that goes on behind a quote.
        (_, b'\'' | b'"' | b'\\' | b'^' | b'$') => true,
        (first, _) => STARTS[usize::from(first) << 8],
    }
}

/// The longest name that is read.
const LONGEST: usize = 48;

/// The name at `start` without what a shell drops: quotes, backslashes, carets, empty variables.
fn name(text: &[u8], start: usize) -> Option<(Vec<u8>, usize, bool)> {
    let mut name = Vec::new();
    let mut at = start;
    let mut disguised = false;
    let mut open = None;
    while let Some(byte) = text.get(at) {
        let dropped = match byte {
            b'\\' | b'^' if text.get(at + 1).is_some_and(u8::is_ascii_alphabetic) && !name.is_empty() => 1,
            quote @ (b'\'' | b'"') if open == Some(*quote) => {
                open = None;
                1
            }
            // `c'a't`, `wh""oami`: pairs inside of a word.
            quote @ (b'\'' | b'"') if open.is_none() && inside(text, at, &name) => {
                open = Some(*quote);
                1
            }
            b'$' if matches!(text.get(at + 1), Some(b'@' | b'*' | b'1'..=b'9')) => 2,
            _ => 0,
        };
        if dropped > 0 {
            disguised = true;
            at += dropped;
        } else if byte.is_ascii_alphanumeric()
            || matches!(byte, b'/' | b'_')
            || (*byte == b'.' && name.len() > 1)
        {
            name.push(*byte);
            at += 1;
        } else {
            break;
        }
        if at - start > LONGEST {
            return None;
        }
    }
    // `.exe` belongs to the name, a full stop does not.
    if name.len() > 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".exe") {
        name.truncate(name.len() - 4);
    }
    (!name.is_empty()).then_some((name, at, disguised))
}

/// Whether the quote at `at` opens inside of a word, with its partner near.
fn inside(text: &[u8], at: usize, name: &[u8]) -> bool {
    let near = &text[at + 1..(at + 12).min(text.len())];
    let goes_on = near.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == text[at]);
    !name.is_empty() && goes_on && memchr::memchr(text[at], near).is_some()
}

/// The command in a path of programs: `usr/bin/id` → `id`.
fn base(name: &[u8]) -> &[u8] {
    let folders =
        [&b"/bin/"[..], b"/sbin/", b"/usr/bin/", b"/usr/sbin/", b"/usr/local/bin/", b"bin/", b"usr/bin/"];
    let folder = folders.iter().filter(|folder| name.starts_with(folder)).map(|folder| folder.len()).max();
    &name[folder.unwrap_or(0)..]
}

fn rest(text: &[u8], end: usize) -> (Rest, bool) {
    let rest = &text[end..];
    let trimmed = rest.trim_ascii_start();
    let Some(first) = trimmed.first() else { return (Rest::Nothing, false) };
    let spaced = trimmed.len() < rest.len() || rest.first() == Some(&b'+');
    match first {
        b';' | b'|' | b'&' | b')' | b'`' | b'>' | b'<' | b'#' | b'}' => return (Rest::Operator, false),
        b'\'' | b'"' if !spaced => {
            return (if trimmed.len() <= 2 { Rest::Nothing } else { Rest::Words }, false);
        }
        // `cat$IFS/etc`, `ls${IFS}-l`
        b'$' => return (Rest::Argument, true),
        b'/' | b'\\' if !spaced && trimmed.len() > 3 => return (Rest::Argument, false),
        _ if !spaced => return (Rest::Words, false),
        _ => {}
    }
    let words = trimmed.strip_prefix(b"+").unwrap_or(trimmed);
    // `git+https://…` is a scheme.
    if words.len() < trimmed.len() && memchr::memmem::find(&words[..words.len().min(12)], b"://").is_some() {
        return (Rest::Words, false);
    }
    argument(words)
}

fn argument(rest: &[u8]) -> (Rest, bool) {
    let length = rest
        .iter()
        .take_while(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b';' | b'|' | b'&' | b'`' | b')'))
        .count();
    let word = &rest[..length];
    let option = word.len() > 1
        && (word[0] == b'-' || (word[0] == b'/' && word.len() <= 3))
        && word[1].is_ascii_alphanumeric();
    let drive = word.len() > 1 && word[1] == b':' && word[0].is_ascii_alphabetic();
    let address = word.iter().filter(|byte| **byte == b'.').count() == 3
        && word.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let url = memchr::memmem::find(word, b"://").is_some();
    let path = word.first().is_some_and(|byte| matches!(byte, b'/' | b'~' | b'$' | b'*')) && word.len() > 1;
    let telling = address || drive || is_sensitive(word) || url || (option && word.len() <= 3);
    if option || drive || address || url || path || telling {
        return (Rest::Argument, telling || path);
    }
    // `5`, `file.txt`, `"quoted"`
    let after = rest[length..].trim_ascii_start();
    let alone = after.first().is_none_or(|byte| b";|&`)#>".contains(byte));
    let plain = word.iter().all(u8::is_ascii_alphabetic);
    match () {
        () if !plain && alone => (Rest::Argument, false),
        () if alone => (Rest::Word, false),
        () => (Rest::Words, false),
    }
}
