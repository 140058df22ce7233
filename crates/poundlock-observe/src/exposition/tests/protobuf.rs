//! Decodes what the protobuf encoder writes, by the wire format alone.

use super::{BOUNDS, same, series, show};
use crate::exposition::ProtobufEncoder;
use crate::testing::Labels;
use proptest::prelude::*;

/// One field of a message.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    Int(u64),
    Double(f64),
    Bytes(Vec<u8>),
}

type Message = Vec<(u64, Field)>;

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

fn take(bytes: &mut &[u8], length: usize) -> Vec<u8> {
    let (head, rest) = bytes.split_at(length);
    *bytes = rest;
    head.to_vec()
}

fn message(mut bytes: &[u8]) -> Message {
    let mut fields = Message::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Int(varint(&mut bytes)),
            1 => Field::Double(f64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = varint(&mut bytes) as usize;
                Field::Bytes(take(&mut bytes, length))
            }
            wire => panic!("wire type {wire}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn delimited(mut bytes: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let length = varint(&mut bytes) as usize;
        messages.push(message(&take(&mut bytes, length)));
    }
    messages
}

fn all(fields: &Message, number: u64) -> Vec<Message> {
    let bytes = fields.iter().filter_map(|(found, field)| match field {
        Field::Bytes(bytes) if *found == number => Some(message(bytes)),
        _ => None,
    });
    bytes.collect()
}

fn text(fields: &Message, number: u64) -> String {
    match fields.iter().find(|(found, _)| *found == number) {
        Some((_, Field::Bytes(bytes))) => String::from_utf8(bytes.clone()).unwrap(),
        other => panic!("field {number} is {other:?}"),
    }
}

fn int(fields: &Message, number: u64) -> u64 {
    match fields.iter().find(|(found, _)| *found == number) {
        Some((_, Field::Int(value))) => *value,
        other => panic!("field {number} is {other:?}"),
    }
}

fn double(fields: &Message, number: u64) -> f64 {
    match fields.iter().find(|(found, _)| *found == number) {
        Some((_, Field::Double(value))) => *value,
        other => panic!("field {number} is {other:?}"),
    }
}

fn labels(metric: &Message) -> Labels {
    all(metric, 1).iter().map(|pair| (text(pair, 1), text(pair, 2))).collect()
}

proptest! {
    #[test]
    fn protobuf_reads_back_as_it_was_shown(shown in series()) {
        let mut encoder = ProtobufEncoder::new();
        show(&mut encoder, &shown);
        let families = delimited(&encoder.finish());
        let names: Vec<_> = families.iter().map(|family| (text(family, 1), int(family, 3))).collect();
        prop_assert_eq!(names, [("a_total".into(), 0), ("b_bytes".into(), 1), ("c_seconds".into(), 4)]);
        let metrics: Vec<Vec<Message>> = families.iter().map(|family| all(family, 4)).collect();
        for (index, one) in shown.iter().enumerate() {
            for family in &metrics {
                prop_assert_eq!(&labels(&family[index]), &one.labels);
            }
            prop_assert_eq!(double(&all(&metrics[0][index], 3)[0], 1), one.counts[0] as f64);
            prop_assert!(same(double(&all(&metrics[1][index], 2)[0], 1), one.sum));
            let histogram = &all(&metrics[2][index], 7)[0];
            prop_assert_eq!(int(histogram, 1), one.counts.iter().sum::<u64>());
            prop_assert!(same(double(histogram, 2), one.sum));
            let mut cumulative = 0;
            let buckets = all(histogram, 3);
            prop_assert_eq!(buckets.len(), BOUNDS.len());
            for ((bucket, count), bound) in buckets.iter().zip(one.counts).zip(BOUNDS) {
                cumulative += count;
                prop_assert_eq!((int(bucket, 1), double(bucket, 2)), (cumulative, bound));
            }
        }
    }
}
