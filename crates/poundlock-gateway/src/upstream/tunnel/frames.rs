//! Finds the borders between WebSocket frames in a byte stream.
//!
//! Main type: [`FrameBorders`]. It reads lengths (RFC 6455 section 5.2) and nothing else.

/// Follows one direction of a WebSocket.
#[derive(Debug, Default)]
pub(super) struct FrameBorders {
    header: [u8; 14],
    have: usize,
    /// Payload bytes of the current frame still to come.
    payload: u64,
}

impl FrameBorders {
    /// Whether the bytes so far end exactly where a frame ends.
    pub(super) fn at_border(&self) -> bool {
        self.have == 0 && self.payload == 0
    }

    /// Reads on.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.payload > 0 {
                let n = self.payload.min(bytes.len() as u64);
                self.payload -= n;
                bytes = &bytes[n as usize..];
                continue;
            }
            self.header[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            if self.have == self.header_len() {
                self.payload = self.payload_len();
                self.have = 0;
            }
        }
    }

    fn header_len(&self) -> usize {
        if self.have < 2 {
            return 2;
        }
        let length = match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        2 + length + mask
    }

    fn payload_len(&self) -> u64 {
        let h = &self.header;
        match h[1] & 0x7f {
            126 => u64::from(u16::from_be_bytes([h[2], h[3]])),
            127 => u64::from_be_bytes([h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9]]),
            n => u64::from(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(payload: usize, masked: bool) -> Vec<u8> {
        let mask = if masked { 0x80 } else { 0 };
        let mut frame = match payload {
            0..126 => vec![0x81, mask | payload as u8],
            126..65536 => [&[0x81, mask | 126][..], &(payload as u16).to_be_bytes()].concat(),
            _ => [&[0x81, mask | 127][..], &(payload as u64).to_be_bytes()].concat(),
        };
        frame.extend(vec![0x55; payload + if masked { 4 } else { 0 }]);
        frame
    }

    proptest! {
        #[test]
        fn borders_are_where_the_frames_were_joined(
            frames in prop::collection::vec((prop_oneof![0usize..300, 65_530usize..65_600], any::<bool>()), 1..5),
            cut in 1usize..5_000,
        ) {
            let mut borders = FrameBorders::default();
            let mut offset = 0;
            let ends: Vec<usize> = frames.iter().map(|(n, m)| { offset += frame(*n, *m).len(); offset }).collect();
            let all: Vec<u8> = frames.iter().flat_map(|(n, m)| frame(*n, *m)).collect();
            let mut at = 0;
            for part in all.chunks(cut) {
                borders.feed(part);
                at += part.len();
                prop_assert_eq!(borders.at_border(), ends.contains(&at));
            }
        }
    }
}
