//! Decimals: a whole number of any size and a scale. Kafka keeps them as bytes, big-endian two's complement.

use super::number;

/// The bytes of the decimal number `text` at `scale` digits after the point; `None` if it is no number or has more.
pub(super) fn to_bytes(text: &str, scale: i64) -> Option<Vec<u8>> {
    /// More digits than any database keeps; beyond it text like `1e999999999` would fill the memory.
    const MOST_DIGITS: i64 = 10_000;
    let parts = number::parts(text)?;
    let mut digits: Vec<u8> = parts.whole.bytes().chain(parts.fraction.bytes()).map(|digit| digit - b'0').collect();
    let fraction = i64::try_from(parts.fraction.len()).ok()?;
    let shift = scale.checked_add(parts.exponent)?.checked_sub(fraction)?;
    if shift.abs() > MOST_DIGITS {
        return None;
    }
    digits.extend((0..shift).map(|_| 0));
    for _ in shift..0 {
        if digits.pop().is_some_and(|digit| digit != 0) {
            return None;
        }
    }
    // Magnitude, least byte first.
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits {
        let mut carry = u16::from(digit);
        for byte in &mut bytes {
            let [high, low] = (u16::from(*byte) * 10 + carry).to_be_bytes();
            *byte = low;
            carry = u16::from(high);
        }
        if carry > 0 {
            bytes.push(carry.to_be_bytes()[1]);
        }
    }
    bytes.push(0);
    if parts.negative {
        negate(&mut bytes);
    }
    // No more sign bytes than one bit's worth.
    while let [.., before, last] = bytes.as_slice()
        && matches!((*last, before >> 7), (0, 0) | (0xff, 1))
    {
        bytes.pop();
    }
    bytes.reverse();
    Some(bytes)
}

/// Two's complement, least byte first.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        let (negated, overflow) = (!*byte).overflowing_add(u8::from(carry));
        *byte = negated;
        carry = overflow;
    }
}

/// Appends the number as Java's `BigDecimal.toString` writes it: `12.34`, and `1E-7` where it would have many zeros.
pub(super) fn push(out: &mut String, bytes: &[u8], scale: i64) {
    let negative = bytes.first().is_some_and(|byte| byte >> 7 == 1);
    let mut magnitude: Vec<u8> = bytes.iter().rev().copied().collect();
    if negative {
        negate(&mut magnitude);
        out.push('-');
    }
    let digits = decimal_digits(magnitude);
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let adjusted = count - 1 - scale;
    if scale >= 0 && adjusted >= -6 {
        let point = usize::try_from(count - scale).unwrap_or(0);
        let (whole, fraction) = digits.split_at_checked(point).unwrap_or((&digits, ""));
        out.push_str(if whole.is_empty() { "0" } else { whole });
        if scale > 0 {
            out.push('.');
            (count..scale).for_each(|_| out.push('0'));
            out.push_str(fraction);
        }
        return;
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    if adjusted != 0 {
        out.push_str(&format!("E{adjusted:+}"));
    }
}

/// The decimal digits of a magnitude, least byte first.
fn decimal_digits(mut magnitude: Vec<u8>) -> String {
    let mut digits = Vec::new();
    while magnitude.iter().any(|byte| *byte != 0) {
        let mut rest = 0_u16;
        for byte in magnitude.iter_mut().rev() {
            let number = rest << 8 | u16::from(*byte);
            *byte = (number / 10).to_be_bytes()[1];
            rest = number % 10;
        }
        digits.push(char::from(b'0' + rest.to_be_bytes()[1]));
    }
    if digits.is_empty() { "0".to_owned() } else { digits.into_iter().rev().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as Java's `BigDecimal` has it.
    #[test]
    fn bytes_and_text() {
        let cases: [(&str, i64, &[u8]); 11] = [
            ("0", 0, &[0]),
            ("0.01", 2, &[1]),
            ("1.56", 2, &[0, 0x9c]),
            ("-1.56", 2, &[0xff, 0x64]),
            ("1.27", 2, &[0x7f]),
            ("-1.28", 2, &[0x80]),
            ("-0.01", 2, &[0xff]),
            ("12345678901234567890.1", 1, &[0x06, 0xb1, 0x4e, 0x9f, 0x81, 0x2f, 0x36, 0x6c, 0x35]),
            ("0.000001", 6, &[1]),
            ("1E-7", 7, &[1]),
            ("1.2E+4", -3, &[12]),
        ];
        for (text, scale, bytes) in cases {
            assert_eq!(to_bytes(text, scale).as_deref(), Some(bytes), "{text}");
            let mut out = String::new();
            push(&mut out, bytes, scale);
            assert_eq!(out, text);
        }
        assert_eq!(to_bytes("1.5", 3), to_bytes("1.500", 3));
        assert_eq!((to_bytes("1.25", 1), to_bytes("1e999999999", 0), to_bytes("x", 0)), (None, None, None));
    }
}
