use super::error;

/// What Java 17 says: an expression, a tab, `OK` or the message.
const OBSERVED: &str = include_str!("observed.tsv");

#[test]
fn mistakes_are_told_as_java_tells_them() {
    let mut told = 0;
    for line in OBSERVED.lines() {
        let (pattern, expected) = line.split_once('\t').unwrap();
        let found = error(pattern);
        if expected == "OK" {
            // What Java accepts is refused in the words of the crate that cannot do it, if at all.
            assert!(found.as_ref().is_none_or(|text| !text.contains(" near index ")), "{pattern}: {found:?}");
        } else {
            told += 1;
            assert_eq!(found, Some(expected.replace("\\n", "\n")), "{pattern}");
        }
    }
    assert!(told > 80, "{told}");
}

#[test]
fn what_the_engine_cannot_do_is_refused_in_its_words() {
    let look_around = "look-around, including look-ahead and look-behind, is not supported";
    assert_eq!(error("(?<=a+)b").as_deref(), Some(look_around));
    assert_eq!(error("(a)\\1").as_deref(), Some("backreferences are not supported"));
    for good in ["a.*", "orders-(eu|us)-[0-9]{2,4}", "(?i)a", "[a-z&&[^b]]", "\\p{L}+", ""] {
        assert_eq!(error(good), None, "{good}");
    }
}

#[test]
fn deep_and_strange_expressions_end() {
    for text in ["(".repeat(100_000), "[".repeat(100_000), "[&&".repeat(1_000), "\\".repeat(7), "\\x{".repeat(9)] {
        assert!(error(&text).is_some());
    }
    assert!(error("\\p{\u{1f600}}[\u{1f600}-\u{1f601}").is_some());
}
