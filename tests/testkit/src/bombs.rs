//! Bodies that are small while they are compressed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// The byte that they consist of.
pub const CONTENT: u8 = b'0';

/// A bomb for each value of `content-encoding`: a gigabyte.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let members = gzip(&vec![CONTENT; 1 << 20]).repeat(1024);
    let bare = deflate(1024);
    // Its checksum is wrong, but no one reads that far.
    let zlib = [&[0x78, 1], &*bare, &[0; 4]].concat();
    vec![
        ("gzip, gzip", gzip(&members)),
        ("gzip", members),
        ("deflate", zlib),
        ("deflate", bare),
        ("br", brotli(64)),
        ("zstd", zstd(8192)),
    ]
}

/// That many times a mebibyte, which ends at a byte, and an empty block as the last one.
fn deflate(mebibytes: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![CONTENT; 1 << 20]).expect("memory");
    encoder.flush().expect("memory");
    let mut bombs = encoder.get_ref().repeat(mebibytes);
    bombs.extend([1, 0, 0, 0xff, 0xff]);
    bombs
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// That many blocks of 128 KiB, each of one repeated byte (RFC 8878 §3.1.1.2.2), with a window of 8 MiB.
fn zstd(blocks: u32) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3];
    for left in (0..blocks).rev() {
        let header = (128 << 10) << 3 | 1 << 1 | u32::from(left == 0);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(CONTENT);
    }
    frame
}

/// That many meta-blocks of 16 MiB, each with one literal and a copy of it (RFC 7932 §9.2).
fn brotli(blocks: usize) -> Vec<u8> {
    const LENGTH: u64 = 16 << 20;
    let mut bits = Bits::default();
    // A window of 22 bits.
    bits.push(4, 1 | 5 << 1);
    for _ in 0..blocks {
        bits.push(1, 0); // not the last
        bits.push(2, 2); // the length has six nibbles
        bits.push(24, LENGTH - 1);
        bits.push(1, 0); // compressed
        bits.push(3, 0); // one type of literals, commands and distances
        bits.push(6, 0); // distances without postfix and direct codes
        bits.push(2, 0); // the context of literals
        bits.push(2, 0); // one tree for literals, one for distances
        for (width, symbol) in [(8, u64::from(CONTENT)), (10, INSERT_ONE_COPY_MANY), (6, 16)] {
            bits.push(2, 1); // a simple code
            bits.push(2, 0); // of one symbol
            bits.push(width, symbol);
        }
        bits.push(24, LENGTH - 1 - 2118); // the length of the copy
        bits.push(1, 0); // its distance is one
    }
    bits.push(2, 3); // the last one, which is empty
    bits.bytes
}

/// Insert length code 1, copy length code 23 (RFC 7932 §5).
const INSERT_ONE_COPY_MANY: u64 = 384 + 8 + 7;

/// Bits of which the first are the lowest of a byte.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, width: usize, value: u64) {
        for at in 0..width {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::from(value >> at & 1 == 1);
            *self.bytes.last_mut().expect("a byte") |= bit << (self.used % 8);
            self.used += 1;
        }
    }
}

/// The most memory that a process has used, in MiB.
#[cfg(target_os = "linux")]
pub fn peak_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") / 1024
}
