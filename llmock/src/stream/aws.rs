//! Frames of `application/vnd.amazon.eventstream`, as Bedrock streams.
//!
//! A frame is the length of all and of the headers (`u32`, big endian), the CRC-32 of these eight
//! bytes, the headers, the payload, and the CRC-32 of everything before.

use super::framing::{Dialect, Item, Parsed, Piece};

const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
/// The type of a header whose value is a string.
const STRING: u8 = 7;

/// Divides a body into frames; from the first broken prelude on there is no way to find the next.
pub(super) fn read(body: &[u8]) -> Parsed {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        let length = frame_length(rest).unwrap_or(rest.len());
        at += length;
        pieces.push(Piece { end: at, item: frame(&rest[..length]) });
    }
    (Dialect::default(), pieces)
}

/// Writes one frame. What a length field cannot express is cut off; no provider sends such a frame.
pub(super) fn write(headers: &[(String, String)], payload: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; PRELUDE]);
    for (name, value) in headers {
        let name = &name.as_bytes()[..name.len().min(usize::from(u8::MAX))];
        let value = &value.as_bytes()[..value.len().min(usize::from(u16::MAX))];
        out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(name);
        out.push(STRING);
        out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(value);
    }
    let headers_length = out.len() - start - PRELUDE;
    out.extend_from_slice(payload.as_bytes());
    let length = out.len() - start + CHECKSUM;
    let big_endian = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    out[start..start + 4].copy_from_slice(&big_endian(length));
    out[start + 4..start + 8].copy_from_slice(&big_endian(headers_length));
    let prelude = crc32fast::hash(&out[start..start + 8]);
    out[start + 8..start + PRELUDE].copy_from_slice(&prelude.to_be_bytes());
    let checksum = crc32fast::hash(&out[start..]);
    out.extend_from_slice(&checksum.to_be_bytes());
}

/// The length of the frame that these bytes begin with, if its prelude is sound and all of it there.
pub(super) fn frame_length(bytes: &[u8]) -> Option<usize> {
    let length = number(bytes, 0)?;
    let checksum = bytes.get(8..PRELUDE)?;
    let sound = crc32fast::hash(bytes.get(..8)?).to_be_bytes() == checksum;
    (sound && length >= PRELUDE + CHECKSUM && length <= bytes.len()).then_some(length)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let field: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(field)).ok()
}

/// The content of a frame of strings; the caller checks it against the checksums by writing it.
pub(super) fn frame(bytes: &[u8]) -> Option<Item> {
    let headers_end = number(bytes, 4)?.checked_add(PRELUDE)?;
    let payload_end = bytes.len().checked_sub(CHECKSUM)?;
    let mut rest = bytes.get(PRELUDE..headers_end)?;
    let payload = std::str::from_utf8(bytes.get(headers_end..payload_end)?).ok()?.to_owned();
    let mut headers = Vec::new();
    while let Some((length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(*length))?;
        let [STRING, high, low, after @ ..] = after else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, after) = after.split_at_checked(length)?;
        headers.push((text(name)?, text(value)?));
        rest = after;
    }
    Some(Item::Frame { headers, payload })
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, End, Framing, Stream};
    use super::*;

    /// From the test suite that the AWS SDKs share.
    const EMPTY: &[u8] = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff";
    const ONE_HEADER: &[u8] = b"\x00\x00\x00\x3d\x00\x00\x00\x20\x07\xfd\x83\x96\x0ccontent-type\
        \x07\x00\x10application/json{'foo':'bar'}\x8d\x9c\x08\xb1";

    fn items(body: &[u8]) -> Vec<Item> {
        let chunk = Chunk { ms: 0, bytes: body.to_vec() };
        let stream = Stream::from_chunks(Framing::AwsEventStream, &[chunk], End::Complete);
        assert_eq!(stream.to_bytes(), body);
        stream.events.into_iter().map(|event| event.item).collect()
    }

    fn one_header() -> Item {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Item::Frame { headers, payload: "{'foo':'bar'}".to_owned() }
    }

    /// A frame whose headers are these bytes, with right checksums.
    fn frame_with_headers(headers: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        for length in [headers.len() + PRELUDE + CHECKSUM, headers.len()] {
            frame.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        }
        frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
        frame.extend_from_slice(headers);
        frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
        frame
    }

    #[test]
    fn the_frames_of_the_aws_test_suite_are_read_and_written() {
        let empty = Item::Frame { headers: Vec::new(), payload: String::new() };
        let both = [EMPTY, ONE_HEADER, EMPTY].concat();
        assert_eq!(items(&both), [empty.clone(), one_header(), empty]);
    }

    #[test]
    fn a_broken_payload_costs_one_frame_and_a_broken_prelude_the_rest() {
        let mut payload = [ONE_HEADER, ONE_HEADER].concat();
        payload[ONE_HEADER.len() - 6] ^= 1;
        let broken = Item::RawBytes(payload[..ONE_HEADER.len()].to_vec());
        assert_eq!(items(&payload), [broken, one_header()]);

        let mut prelude = [ONE_HEADER, ONE_HEADER, ONE_HEADER].concat();
        prelude[ONE_HEADER.len() + 3] ^= 1;
        let rest = Item::RawBytes(prelude[ONE_HEADER.len()..].to_vec());
        assert_eq!(items(&prelude), [one_header(), rest]);

        let cut = [EMPTY, &ONE_HEADER[..20]].concat();
        assert_eq!(items(&cut)[1], Item::RawBytes(ONE_HEADER[..20].to_vec()));
    }

    #[test]
    fn sound_frames_that_are_no_strings_stay_bytes() {
        for headers in [
            &b"\x01a\x00"[..],        // true, not a string
            b"\x01a\x07\x00\x05abc",  // a value longer than the headers
            b"\x09abc",               // a name longer than the headers
            b"\x01\xff\x07\x00\x01a", // a name that is not UTF-8
            b"\x01a\x07\x00\x01\xff", // a value that is not UTF-8
        ] {
            let frame = frame_with_headers(headers);
            assert_eq!(items(&[&frame, EMPTY].concat())[0], Item::RawBytes(frame), "{headers:?}");
        }
        let frame = frame_with_headers(b"\x01a\x07\x00\x01b");
        let headers = vec![("a".to_owned(), "b".to_owned())];
        assert_eq!(items(&frame), [Item::Frame { headers, payload: String::new() }]);
    }

    #[test]
    fn a_header_that_no_frame_can_hold_is_cut_and_not_fatal() {
        let headers = [("n".repeat(300), "v".repeat(70_000))];
        let mut frame = Vec::new();
        write(&headers, "", &mut frame);
        let Item::Frame { headers, .. } = &items(&frame)[0] else { panic!("not a frame") };
        assert_eq!((headers[0].0.len(), headers[0].1.len()), (255, 65_535));
    }
}
