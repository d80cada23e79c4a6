//! Numbers by their text, beyond what fits.

/// A number read from decimal text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Whole, and of at most 64 bits.
    Integer(i64),
    /// Any other.
    Float(f64),
}

/// Whether a JSON number is written as a whole one.
pub(crate) fn is_integer(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// The nearest float; infinite beyond its range. There is no negative zero: Kafka's parser reads by way of `BigDecimal`.
pub(crate) fn float(text: &str) -> f64 {
    text.parse().unwrap_or(0.0) + 0.0
}

/// A number's sign, digits before and after the point, and exponent.
pub(crate) struct Parts<'a> {
    pub(crate) negative: bool,
    pub(crate) whole: &'a str,
    pub(crate) fraction: &'a str,
    pub(crate) exponent: i64,
}

/// Takes decimal text apart (the syntax of Java's `BigDecimal`); `None` for anything else.
pub(crate) fn parts(text: &str) -> Option<Parts<'_>> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, i64::from(exponent.parse::<i32>().ok()?)),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    Some(Parts { negative: mantissa.starts_with('-'), whole, fraction, exponent })
}

impl Parts<'_> {
    fn digits(&self) -> impl Iterator<Item = u8> {
        self.whole.bytes().chain(self.fraction.bytes()).map(|digit| digit - b'0')
    }

    /// How many digits, zeros appended if need be, lie before the point once the exponent is applied.
    fn whole_digits(&self) -> i64 {
        i64::try_from(self.whole.len()).unwrap_or(i64::MAX).saturating_add(self.exponent)
    }
}

/// The low 64 bits of a JSON number, cut at the point: how Java narrows what is too large.
pub(crate) fn wrapping(text: &str) -> i64 {
    let Some(parts) = parts(text) else { return 0 };
    let mut left = parts.whole_digits();
    let mut number: i64 = 0;
    for digit in parts.digits() {
        if left <= 0 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(digit.into());
        left -= 1;
    }
    // 10^64 has no bit below the 65th.
    for _ in 0..left.clamp(0, 64) {
        number = number.wrapping_mul(10);
    }
    if parts.negative { number.wrapping_neg() } else { number }
}

/// Decimal text as a number; `None` for other text, and for whole numbers of more than 64 bits.
pub(crate) fn from_decimal(text: &str) -> Option<Number> {
    let parts = parts(text)?;
    let mut left = parts.whole_digits();
    let mut number: i64 = 0;
    let mut whole = true;
    for digit in parts.digits() {
        if left > 0 {
            let digit = i64::from(digit);
            number = number.checked_mul(10)?.checked_add(if parts.negative { -digit } else { digit })?;
            left -= 1;
        } else if digit != 0 {
            whole = false;
        }
    }
    if !whole {
        return text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::Float);
    }
    if number != 0 {
        for _ in 0..left {
            number = number.checked_mul(10)?;
        }
    }
    Some(Number::Integer(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as Java narrows it.
    #[test]
    fn large_numbers_wrap() {
        for (text, expected) in [
            ("12345678901234567890", -6_101_065_172_474_983_726),
            ("123456789012345678901234567890", -4_362_896_299_872_285_998),
            ("1e30", 5_076_944_270_305_263_616),
            ("-1.9", -1),
            ("1.9e1", 19),
            ("0.5", 0),
            ("5e-1", 0),
            ("-9223372036854775808", i64::MIN),
            ("1e2000000000", 0),
        ] {
            assert_eq!(wrapping(text), expected, "{text}");
        }
    }

    #[test]
    fn decimal_text() {
        assert_eq!(from_decimal("-9223372036854775808"), Some(Number::Integer(i64::MIN)));
        assert_eq!(from_decimal("0e2000000000"), Some(Number::Integer(0)));
        assert_eq!(from_decimal("1e2000000000"), None);
        assert_eq!(from_decimal("15e-1"), Some(Number::Float(1.5)));
        for text in ["", ".", "+", "1e", "e1", "1f", "inf", "NaN", "1_0", "--1"] {
            assert_eq!(from_decimal(text), None, "{text}");
        }
    }
}
