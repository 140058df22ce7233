//! Status codes as dense slots, so that a cell is found by index. Main type: [`StatusSlot`].
//! It does not know what a status means beyond its class.

/// Codes with a series of their own: the IANA registry (2025-09) and 499, nginx's "client closed request".
#[rustfmt::skip]
const KNOWN: [(u16, &str); 64] = [
    (100, "100"), (101, "101"), (102, "102"), (103, "103"),
    (200, "200"), (201, "201"), (202, "202"), (203, "203"), (204, "204"), (205, "205"), (206, "206"),
    (207, "207"), (208, "208"), (226, "226"),
    (300, "300"), (301, "301"), (302, "302"), (303, "303"), (304, "304"), (305, "305"), (307, "307"),
    (308, "308"),
    (400, "400"), (401, "401"), (402, "402"), (403, "403"), (404, "404"), (405, "405"), (406, "406"),
    (407, "407"), (408, "408"), (409, "409"), (410, "410"), (411, "411"), (412, "412"), (413, "413"),
    (414, "414"), (415, "415"), (416, "416"), (417, "417"), (418, "418"), (421, "421"), (422, "422"),
    (423, "423"), (424, "424"), (425, "425"), (426, "426"), (428, "428"), (429, "429"), (431, "431"),
    (451, "451"), (499, "499"),
    (500, "500"), (501, "501"), (502, "502"), (503, "503"), (504, "504"), (505, "505"), (506, "506"),
    (507, "507"), (508, "508"), (510, "510"), (511, "511"),
    // No response at all: the label is empty, which Prometheus treats as absent.
    (0, ""),
];

/// Shared by the codes of one class that have no series of their own, then by all codes outside 100–599.
/// `5xx` still matches the usual selector `http_response_status_code=~"5.."`.
const SHARED: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "_OTHER"];

/// Slots there are; the width of a status table.
pub(super) const SLOTS: usize = KNOWN.len() + SHARED.len();

const CODES: usize = 600;
const OTHER: u8 = (SLOTS - 1) as u8;
static SLOT_OF: [u8; CODES] = slot_of();

/// A dense index for a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StatusSlot(u8);

impl StatusSlot {
    /// The slot of a code; 0 means that there was no response.
    #[inline]
    pub(super) fn of(code: u16) -> Self {
        Self(SLOT_OF.get(usize::from(code)).copied().unwrap_or(OTHER))
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The value of `http_response_status_code`.
    pub(super) fn label(self) -> &'static str {
        let slot = self.index();
        KNOWN.get(slot).map_or_else(|| SHARED[slot - KNOWN.len()], |known| known.1)
    }

    /// Whether the code is a server error.
    pub(super) fn is_server_error(self) -> bool {
        self.label().starts_with('5')
    }
}

const fn slot_of() -> [u8; CODES] {
    let mut table = [OTHER; CODES];
    let mut code = 100;
    while code < CODES {
        table[code] = (KNOWN.len() + code / 100 - 1) as u8;
        code += 1;
    }
    let mut slot = 0;
    while slot < KNOWN.len() {
        table[KNOWN[slot].0 as usize] = slot as u8;
        slot += 1;
    }
    table
}
