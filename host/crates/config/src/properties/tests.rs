use super::*;

fn parse(text: &str) -> Vec<(String, String)> {
    parse_properties(text, "x.properties").unwrap().into_iter().collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn comments_separators_and_blank_lines() {
    let text = "# one\n  ! two\n\na=1\n b : 2 \n\tc 3\nd=\ne\n=nameless\n";
    let expected =
        [pair("", "nameless"), pair("a", "1"), pair("b", "2 "), pair("c", "3"), pair("d", ""), pair("e", "")];
    assert_eq!(parse(text), expected);
}

#[test]
fn a_comment_may_say_anything() {
    assert_eq!(parse("# c:\\users\\me \\u12\n#ends with \\\na=1"), [pair("a", "1")]);
}

#[test]
fn continued_lines() {
    assert_eq!(parse("a=1,\\\n  2,\\\r\n\t3\nb=x\\\\\nc=y"), [pair("a", "1,2,3"), pair("b", "x\\"), pair("c", "y")]);
    assert_eq!(parse("a=1\\\n# 2\nb=3"), [pair("a", "1# 2"), pair("b", "3")], "no comment inside a continued line");
    assert_eq!(parse("a=1\\"), [pair("a", "1")], "a backslash at the very end");
    assert_eq!(parse("a=1\\\n\nb=2"), [pair("a", "1"), pair("b", "2")]);
}

#[test]
fn escapes() {
    assert_eq!(parse(r"a\ b\:c=\t\n\\\q\u00e9"), [pair("a b:c", "\t\n\\qé")]);
    assert_eq!(parse(r"a=\ud83c\udf0a\\ud83c"), [pair("a", "\u{1f30a}\\ud83c")]);
}

#[test]
fn a_bad_escape_is_told_with_file_and_line() {
    let error = |text| parse_properties(text, "x.properties").unwrap_err().to_string();
    assert_eq!(
        error("# c\\u\na=1\n\nb=\\u12g4\n"),
        "could not read properties from x.properties, line 4: Malformed \\uxxxx encoding: not hex"
    );
    assert_eq!(
        error("b=\\u12"),
        "could not read properties from x.properties, line 1: Malformed \\uxxxx encoding: not enough digits"
    );
    assert_eq!(
        error("a=1\nb=2,\\\n3\\ud83c"),
        "could not read properties from x.properties, line 2: Malformed \\uxxxx encoding: invalid character"
    );
}

#[test]
fn the_last_of_equal_keys_wins() {
    assert_eq!(parse("a=1\na=2"), [pair("a", "2")]);
}

#[test]
fn files_are_utf_8_or_else_iso_8859_1() {
    assert_eq!(decode("é\u{1f30a}".as_bytes()), "é\u{1f30a}");
    assert_eq!(decode(b"a=\xe9\x80"), "a=é\u{80}");
    assert_eq!(decode(b"\xef\xbb\xbfa=1"), "a=1");
}

#[test]
fn a_missing_file_is_named() {
    let error = read_properties(Path::new("no/such.properties")).unwrap_err().to_string();
    assert!(error.starts_with("could not read properties from no/such.properties: "), "{error}");
}
