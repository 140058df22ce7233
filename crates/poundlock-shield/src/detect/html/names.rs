//! Names of elements, attributes and events that matter.

/// What an element does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// Runs what is in it.
    Script,
    /// Shows another document.
    Frame,
    /// Loads or runs something else by being there.
    Loads,
    Meta,
    Link,
    Style,
    /// Makes the rest of the page text: a sign that parsers are to be confused.
    Raw,
    /// SVG and MathML and what animates them.
    Vector,
    Other,
}

/// What the element of this name does; a namespace before it is left out.
pub(super) fn tag(name: &[u8]) -> Tag {
    let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default().to_ascii_lowercase();
    match &local[..] {
        b"script" | b"scriptlet" => Tag::Script,
        b"iframe" | b"frame" | b"frameset" | b"portal" | b"fencedframe" => Tag::Frame,
        b"object" | b"embed" | b"applet" | b"base" | b"layer" | b"ilayer" | b"bgsound" | b"isindex"
        | b"xml" | b"import" | b"event-source" | b"htmlfile" | b"vmlframe" | b"stylesheet" => Tag::Loads,
        b"meta" => Tag::Meta,
        b"link" => Tag::Link,
        b"style" => Tag::Style,
        b"plaintext" | b"xmp" | b"listing" | b"noembed" | b"noframes" => Tag::Raw,
        b"svg" | b"math" | b"animate" | b"set" | b"animatetransform" | b"animatemotion" | b"use"
        | b"maction" | b"foreignobject" | b"handler" | b"listener" | b"image" => Tag::Vector,
        _ => Tag::Other,
    }
}

/// Beginnings of event names, without the `on`. Sources: HTML, SVG, pointer, touch, animation and the old events
/// of Internet Explorer and Mozilla.
const EVENTS: [&str; 103] = [
    "abort",
    "activate",
    "after",
    "animation",
    "app",
    "audio",
    "aux",
    "before",
    "begin",
    "beforeinput",
    "blur",
    "bounce",
    "cached",
    "can",
    "cell",
    "change",
    "click",
    "close",
    "command",
    "complete",
    "compos",
    "content",
    "context",
    "control",
    "copy",
    "cue",
    "cut",
    "data",
    "dbl",
    "deactivate",
    "device",
    "drag",
    "drop",
    "duration",
    "empt",
    "end",
    "ended",
    "error",
    "filter",
    "finish",
    "focus",
    "form",
    "fullscreen",
    "gesture",
    "got",
    "hash",
    "help",
    "input",
    "invalid",
    "key",
    "language",
    "layout",
    "load",
    "lose",
    "lost",
    "media",
    "message",
    "mouse",
    "move",
    "moz",
    "ms",
    "navigat",
    "offline",
    "online",
    "orientation",
    "out",
    "page",
    "paste",
    "pause",
    "play",
    "pointer",
    "popstate",
    "popup",
    "progress",
    "property",
    "rate",
    "ready",
    "reject",
    "repeat",
    "reset",
    "resize",
    "resume",
    "reverse",
    "row",
    "scroll",
    "search",
    "seek",
    "select",
    "show",
    "snap",
    "stalled",
    "start",
    "stop",
    "storage",
    "submit",
    "suspend",
    "sync",
    "time",
    "toggle",
    "touch",
    "track",
    "transition",
    "unload",
];
const MORE_EVENTS: [&str; 9] =
    ["unhandled", "url", "volume", "waiting", "webkit", "wheel", "zoom", "visibility", "security"];

/// Whether an attribute of this name runs its value when something happens.
pub(super) fn is_event(name: &[u8]) -> bool {
    let Some(event) = name.get(2..).filter(|_| name.len() <= 48 && name[..2].eq_ignore_ascii_case(b"on"))
    else {
        return false;
    };
    let event = event.to_ascii_lowercase();
    event.iter().all(u8::is_ascii_alphanumeric)
        && EVENTS.iter().chain(&MORE_EVENTS).any(|known| event.starts_with(known.as_bytes()))
}
