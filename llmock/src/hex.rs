//! Lower-case hexadecimal.

/// The two digits of a byte.
pub(crate) fn digits(byte: u8) -> [u8; 2] {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
    [digit(byte >> 4), digit(byte & 15)]
}

/// Two digits for each byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| digits(*byte)).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn encodes_each_byte_as_two_digits() {
        assert_eq!(super::encode(&[0, 9, 10, 0x7f, 0xff]), "00090a7fff");
    }
}
