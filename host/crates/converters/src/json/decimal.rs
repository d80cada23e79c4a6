//! Decimals: a whole number of any size and a scale. Kafka keeps them as bytes, big-endian two's complement.

use super::number;
use std::fmt::Write;

/// More digits than any database keeps, and as many as Kafka's parser takes. Converting between bases is quadratic, and
/// text like `1e999999999` would fill the memory.
const MOST_DIGITS: usize = 1_000;
/// What so many digits take, and one for the sign.
const MOST_BYTES: usize = 417;
/// The most digits that fit a limb of 64 bits.
const LIMB_DIGITS: usize = 18;
const LIMB: u64 = 1_000_000_000_000_000_000;

/// The bytes of the decimal number `text` at `scale` digits after the point.
pub(super) fn to_bytes(text: &str, scale: i64) -> Result<Vec<u8>, String> {
    let too_long = |digits| format!("a Decimal has {digits} digits, more than the {MOST_DIGITS} that are allowed");
    let parts = number::parts(text).ok_or("a Decimal is no number")?;
    let written = parts.whole.len() + parts.fraction.len();
    if written > MOST_DIGITS {
        return Err(too_long(written));
    }
    let mut digits: Vec<u8> = parts.whole.bytes().chain(parts.fraction.bytes()).map(|digit| digit - b'0').collect();
    if digits.iter().all(|digit| *digit == 0) {
        return Ok(vec![0]);
    }
    let shift = scale.saturating_add(parts.exponent) - i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
    let by = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
    if shift >= 0 {
        let longer = digits.len().saturating_add(by);
        if longer > MOST_DIGITS {
            return Err(too_long(longer));
        }
        digits.resize(longer, 0);
    } else {
        let kept = digits.len().saturating_sub(by);
        if digits.split_off(kept).iter().any(|digit| *digit != 0) {
            return Err(format!(
                "Decimal value has mismatching scale for given Decimal schema. Schema has scale {scale}, value is {text}."
            ));
        }
    }
    Ok(twos_complement(&digits, parts.negative))
}

fn twos_complement(digits: &[u8], negative: bool) -> Vec<u8> {
    // Magnitude, least limb first.
    let mut limbs: Vec<u64> = Vec::new();
    for chunk in digits.chunks(LIMB_DIGITS) {
        let (mut carry, mut factor) = (0_u64, 1_u64);
        for digit in chunk {
            (carry, factor) = (carry * 10 + u64::from(*digit), factor * 10);
        }
        for limb in &mut limbs {
            let wide = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            (*limb, carry) = halves(wide);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    bytes.push(0);
    if negative {
        negate(&mut bytes);
    }
    // No more sign bytes than one bit's worth.
    while let [.., before, last] = bytes.as_slice()
        && matches!((*last, before >> 7), (0, 0) | (0xff, 1))
    {
        bytes.pop();
    }
    bytes.reverse();
    bytes
}

/// The low and the high 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
fn halves(wide: u128) -> (u64, u64) {
    (wide as u64, (wide >> 64) as u64)
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
pub(crate) fn push(out: &mut String, bytes: &[u8], scale: i64) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("Invalid bytes for Decimal field".to_owned());
    }
    if bytes.len() > MOST_BYTES {
        let got = bytes.len();
        return Err(format!("a Decimal has {got} bytes, more than the {MOST_BYTES} that {MOST_DIGITS} digits take"));
    }
    let negative = bytes.first().is_some_and(|byte| byte >> 7 == 1);
    let mut magnitude: Vec<u8> = bytes.iter().rev().copied().collect();
    if negative {
        negate(&mut magnitude);
        out.push('-');
    }
    let digits = decimal_digits(&magnitude);
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
        return Ok(());
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
    Ok(())
}

/// The decimal digits of a magnitude, least byte first.
fn decimal_digits(magnitude: &[u8]) -> String {
    let limb = |bytes: &[u8]| bytes.iter().rev().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    let mut limbs: Vec<u64> = magnitude.chunks(8).map(limb).collect();
    // Least first.
    let mut parts: Vec<u64> = Vec::new();
    while limbs.last().is_some() {
        let mut rest = 0_u128;
        for limb in limbs.iter_mut().rev() {
            let wide = rest << 64 | u128::from(*limb);
            (*limb, _) = halves(wide / u128::from(LIMB));
            rest = wide % u128::from(LIMB);
        }
        parts.push(halves(rest).0);
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
    }
    let mut digits = String::with_capacity(parts.len() * LIMB_DIGITS);
    for part in parts.iter().rev() {
        // Writing into a string cannot fail.
        let _ = if digits.is_empty() { write!(digits, "{part}") } else { write!(digits, "{part:018}") };
    }
    digits
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
            assert_eq!(to_bytes(text, scale).as_deref(), Ok(bytes), "{text}");
            let mut out = String::new();
            push(&mut out, bytes, scale).unwrap();
            assert_eq!(out, text);
        }
        assert_eq!(to_bytes("1.5", 3), to_bytes("1.500", 3));
        assert_eq!((to_bytes("0e-5000", 2), to_bytes("0.0e5000", 2)), (Ok(vec![0]), Ok(vec![0])));
        for text in ["1.25", "1e999999999", "1e-999999999", "x"] {
            assert!(to_bytes(text, 1).is_err(), "{text}");
        }
    }

    #[test]
    fn many_digits_go_both_ways_and_more_than_many_are_refused_at_once() {
        let text = format!("-{}", "9876543210".repeat(100));
        let bytes = to_bytes(&text, 0).unwrap();
        let mut out = String::new();
        push(&mut out, &bytes, 0).unwrap();
        assert_eq!(out, text);
        let begin = std::time::Instant::now();
        let million = "9".repeat(1_000_000);
        assert!(to_bytes(&million, 0).unwrap_err().contains("1000000 digits"));
        assert!(push(&mut out, million.as_bytes(), 0).unwrap_err().contains("1000000 bytes"));
        assert!(begin.elapsed().as_secs() < 1);
    }
}
