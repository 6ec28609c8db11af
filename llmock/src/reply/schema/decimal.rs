//! Exact decimal numbers: `0.3` is a multiple of `0.1`, and large integers keep their last digit.

use std::cmp::Ordering;
use std::fmt;

/// `digits` / 10^`scale`, without zeros at the end of a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    scale: u32,
}

/// More digits behind the point than that are not kept.
const SMALLEST: i64 = 30;

impl Decimal {
    pub(crate) const ZERO: Self = Self { digits: 0, scale: 0 };
    pub(crate) const ONE: Self = Self { digits: 1, scale: 0 };

    /// The number of a token; `None` if it has too many digits.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let (mantissa, power) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let power: i64 = power.parse().ok()?;
        let scale = i64::try_from(fraction.len()).ok()?.checked_sub(power)?;
        if digits == 0 {
            return Some(Self::ZERO);
        }
        if scale > SMALLEST {
            return None;
        }
        if let Ok(scale) = u32::try_from(scale) {
            return Some(Self { digits, scale }.short());
        }
        let zeros = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
        Some(Self { digits: digits.checked_mul(zeros)?, scale: 0 })
    }

    fn short(mut self) -> Self {
        while self.scale > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.scale -= 1;
        }
        self
    }

    pub(crate) fn is_integer(self) -> bool {
        self.scale == 0
    }

    /// The smallest step of a number with one digit more.
    pub(crate) fn finer(self) -> Self {
        Self { digits: 1, scale: self.scale + 1 }
    }

    /// The digits of two numbers in one scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let digits = |one: Self| one.digits.checked_mul(10_i128.checked_pow(scale - one.scale)?);
        Some((digits(self)?, digits(other)?, scale))
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        self.aligned(other).map(|(a, b, _)| a.cmp(&b))
    }

    pub(crate) fn is_multiple_of(self, step: Self) -> bool {
        matches!(self.aligned(step), Some((number, step, _)) if step != 0 && number % step == 0)
    }

    pub(crate) fn add(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Self { digits: a.checked_add(b)?, scale }.short())
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.add(Self { digits: other.digits.checked_neg()?, ..other })
    }

    /// The multiple of `step` that is not below this number and closest to it.
    pub(crate) fn up_to(self, step: Self) -> Option<Self> {
        let (number, step, scale) = self.aligned(step)?;
        let rest = number.checked_rem_euclid(step)?;
        let digits =
            if rest == 0 { number } else { number.checked_add(step.checked_abs()?)? - rest };
        Some(Self { digits, scale }.short())
    }

    /// The multiple of `step` that is not above this number and closest to it.
    pub(crate) fn down_to(self, step: Self) -> Option<Self> {
        let (number, step, scale) = self.aligned(step)?;
        let digits = number.checked_sub(number.checked_rem_euclid(step)?)?;
        Some(Self { digits, scale }.short())
    }

    /// The step that both steps are a part of.
    pub(crate) fn common_multiple(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        let (mut greater, mut smaller) = (a.checked_abs()?, b.checked_abs()?);
        while smaller != 0 {
            (greater, smaller) = (smaller, greater % smaller);
        }
        Some(
            Self {
                digits: (a.checked_abs()? / greater.max(1)).checked_mul(b.checked_abs()?)?,
                scale,
            }
            .short(),
        )
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(scale) = usize::try_from(self.scale) else { return Err(fmt::Error) };
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(token: &str) -> Decimal {
        Decimal::parse(token).unwrap()
    }

    #[test]
    fn reads_and_writes_tokens() {
        for (token, shown) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("-0.05", "-0.05"),
            ("1e3", "1000"),
            ("25e-2", "0.25"),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(number(token).to_string(), shown);
        }
        assert_eq!(Decimal::parse("1e-400"), None);
        assert_eq!(Decimal::parse("1e400"), None);
    }

    #[test]
    fn counts_in_steps() {
        assert!(number("0.3").is_multiple_of(number("0.1")));
        assert!(!number("0.35").is_multiple_of(number("0.1")));
        assert_eq!(number("8").up_to(number("5")), Some(number("10")));
        assert_eq!(number("-8").up_to(number("5")), Some(number("-5")));
        assert_eq!(number("-8").down_to(number("5")), Some(number("-10")));
        assert_eq!(number("0.015").up_to(number("0.01")), Some(number("0.02")));
        assert_eq!(number("4").common_multiple(number("6")), Some(number("12")));
        assert_eq!(number("0.1").compare(number("0.10")), Some(Ordering::Equal));
    }
}
