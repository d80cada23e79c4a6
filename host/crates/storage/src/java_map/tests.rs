use super::*;

/// Written by Java 17's `ObjectOutputStream`: three entries, one of them null.
const BY_JAVA: &[u8] = include_bytes!("../../tests/data/offsets-written-by-java.bin");

fn pair(key: &str, value: Option<&str>) -> Pair {
    (key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec()))
}

fn write_all(pairs: &[Pair]) -> Vec<u8> {
    write(pairs.iter().map(|(key, value)| (key.as_slice(), value.as_deref())))
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// As a stock worker wrote it: three entries, two of them reset (one with a null source partition).
fn by_kafka() -> Vec<u8> {
    let mut bytes = hex("aced0005 7372 0011");
    bytes.extend(b"java.util.HashMap");
    bytes.extend(hex("0507dac1c31660d1 03 0002 46 000a"));
    bytes.extend(b"loadFactor");
    bytes.extend(hex("49 0009"));
    bytes.extend(b"threshold");
    bytes.extend(hex("78 70 3f400000 0000000c 7708 00000010 00000003"));
    bytes.extend(hex("75 72 0002 5b42 acf317f8060854e0 02 0000 78 70 00000025"));
    bytes.extend(br#"["src",{"filename":"/data/in.txt"}]  "#);
    bytes.extend(hex("70 75 71 007e0002 0000000c"));
    bytes.extend(br#"["src",null]"#);
    bytes.extend(hex("70 75 71 007e0002 00000030"));
    bytes.extend(br#"["mk",{"b":true,"d":1.5,"x":"y","z":null,"n":1}]"#);
    bytes.extend(hex("70 78"));
    bytes
}

#[test]
fn reads_what_java_wrote() {
    let expected = [
        pair(r#"["file-src",{"filename":"/data/in.txt"}]"#, Some(r#"{"position":42}"#)),
        pair(r#"["other",{"table":"é","n":1}]"#, Some(r#"{"id":7,"ts":1.5}"#)),
        pair(r#"["file-src",{"filename":"/data/b.txt"}]"#, None),
    ];
    assert_eq!(read(BY_JAVA).unwrap(), expected);
}

#[test]
fn writes_the_bytes_that_java_writes() {
    assert_eq!(write_all(&read(BY_JAVA).unwrap()), BY_JAVA);
    let by_kafka = by_kafka();
    let pairs = read(&by_kafka).unwrap();
    assert_eq!(pairs[1], pair(r#"["src",null]"#, None));
    assert_eq!(write_all(&pairs), by_kafka);
}

#[test]
fn an_empty_map_and_a_large_one_go_both_ways() {
    assert_eq!(read(&write_all(&[])), Ok(vec![]));
    let many: Vec<Pair> = (0..1000).map(|n| pair(&format!("[\"c\",{{\"n\":{n}}}]"), Some("{}"))).collect();
    assert_eq!(read(&write_all(&many)).unwrap(), many);
}

#[test]
fn the_table_grows_like_java_s() {
    for (size, expected) in
        [(0, (16, 0)), (1, (16, 12)), (12, (16, 12)), (13, (32, 24)), (24, (32, 24)), (25, (64, 48))]
    {
        assert_eq!(table(size), expected, "{size}");
    }
}

#[test]
fn an_array_may_be_referred_to() {
    // The value is the same array as the key: a reference to handle 3.
    let mut bytes = write_all(&[pair("k", None)]);
    let end = bytes.len() - 2;
    bytes.splice(end..end + 1, hex("71 007e0003"));
    assert_eq!(read(&bytes).unwrap(), [pair("k", Some("k"))]);
}

#[test]
fn other_classes_are_refused_by_name() {
    let mut bytes = hex("aced0005 7372 0011");
    bytes.extend(b"java.util.TreeMap");
    bytes[7] = 17;
    assert_eq!(read(&bytes), Err(JavaMapError::Class("java.util.TreeMap".to_owned())));
    let mut inside = write_all(&[pair("k", None)]);
    let at = inside.windows(2).position(|two| two == b"[B").unwrap();
    inside[at + 1] = b'I';
    assert_eq!(read(&inside), Err(JavaMapError::Class("[I".to_owned())));
    assert_eq!(read(b"offsets!"), Err(JavaMapError::Header));
    assert_eq!(read(b""), Err(JavaMapError::Header));
    assert_eq!(read(&hex("aced0005 74 0001 61")), Err(JavaMapError::NotAMap(0x74)));
}

#[test]
fn every_cut_and_every_changed_byte_is_an_error_or_a_map_but_no_panic() {
    for length in 0..BY_JAVA.len() {
        assert!(read(&BY_JAVA[..length]).is_err(), "cut at {length}");
    }
    for at in 0..BY_JAVA.len() {
        for value in [0, 0x70, 0x71, 0x75, 0x7f, 0xff] {
            let mut bytes = BY_JAVA.to_vec();
            bytes[at] = value;
            let _ = read(&bytes);
        }
    }
}
