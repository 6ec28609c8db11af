//! Compares numbers by value, directly from their tokens.
//!
//! `serde_json::Number` keeps another spelling when another crate of the program switches its
//! features on, and a client written with `f32` sends `0.20000000298023224` where its author wrote
//! `0.2`. Both must not change which recording a request finds.

use std::borrow::Cow;

/// The one spelling of a JSON number's value: significant digits, then `e` and a power of ten if any.
///
/// Integers are exact at any length. Other numbers go through `f64` and, where an `f32` holds that
/// value exactly, take the `f32`'s shortest spelling. What an `f64` cannot hold stays as written.
pub(crate) fn canonical(token: &str) -> Cow<'_, str> {
    if is_plain_integer(token) {
        return Cow::Borrowed(token);
    }
    let Some(decimal) = decimal(token) else { return Cow::Borrowed(token) };
    if decimal.exponent >= 0 {
        return Cow::Owned(decimal.to_string());
    }
    let shortest = token.parse().ok().and_then(shortest);
    Cow::Owned(shortest.unwrap_or(decimal).to_string())
}

/// Short integers without a trailing zero, nearly every number of a request, are canonical already.
fn is_plain_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    token == "0"
        || (digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
            && !digits.ends_with('0'))
}

/// The shortest spelling of a value that neither overflowed nor vanished.
#[expect(clippy::cast_possible_truncation, reason = "asks whether an f32 holds the value")]
fn shortest(value: f64) -> Option<Decimal> {
    if value == 0.0 || !value.is_finite() {
        return None;
    }
    let narrow = value as f32;
    let exact = f64::from(narrow).to_bits() == value.to_bits();
    decimal(&if exact { format!("{narrow:e}") } else { format!("{value:e}") })
}

/// `digits` × 10^`exponent`, the digits without zeros at either end.
struct Decimal {
    sign: &'static str,
    digits: String,
    exponent: i64,
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.sign)?;
        f.write_str(&self.digits)?;
        if self.exponent == 0 { Ok(()) } else { write!(f, "e{}", self.exponent) }
    }
}

/// `None` if the power does not fit.
fn decimal(token: &str) -> Option<Decimal> {
    let (mantissa, power) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_matches('0');
    if digits.is_empty() {
        return Some(Decimal { sign: "", digits: "0".to_owned(), exponent: 0 });
    }
    let trailing = i64::try_from(all.len() - all.trim_end_matches('0').len()).ok()?;
    let power: i64 = power.parse().ok()?;
    let exponent = power.checked_add(trailing)?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    Some(Decimal { sign, digits: digits.to_owned(), exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_equal_values_alike() {
        for (token, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("0.0", "0"),
            ("-0.0e5", "0"),
            ("0e99999999999999999999", "0"),
            ("1", "1"),
            ("1.0", "1"),
            ("10", "1e1"),
            ("1e1", "1e1"),
            ("1E+2", "1e2"),
            ("100.000", "1e2"),
            ("-12.50e1", "-125"),
            ("9007199254740993", "9007199254740993"),
            ("9007199254740993.0", "9007199254740993"),
            ("123456789012345678901234567890", "12345678901234567890123456789e1"),
            ("0.2", "2e-1"),
            ("2e-1", "2e-1"),
            ("0.20000000298023224", "2e-1"),
            ("0.2000000029802322387695312", "2e-1"),
            ("0.7", "7e-1"),
            ("0.699999988079071", "7e-1"),
            ("0.5", "5e-1"),
            ("1.5", "15e-1"),
            ("0.30000000000000004", "30000000000000004e-17"),
            ("1.0000000000000000001", "1"),
            ("1e400", "1e400"),
            ("15e-400", "15e-400"),
            ("1.5e-400", "15e-401"),
            ("1e99999999999999999999", "1e99999999999999999999"),
        ] {
            assert_eq!(canonical(token), expected, "{token}");
        }
    }

    #[test]
    fn keeps_neighbouring_values_apart() {
        for (a, b) in [
            ("0.2", "0.20000000000000004"),
            ("0.2", "0.21"),
            ("9007199254740992", "9007199254740993"),
            ("1", "-1"),
            ("1", "10"),
            ("1e400", "1e401"),
            ("1e-400", "0"),
        ] {
            assert_ne!(canonical(a), canonical(b), "{a} {b}");
        }
    }
}
