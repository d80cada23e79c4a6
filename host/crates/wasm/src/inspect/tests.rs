use super::*;

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {text})")).unwrap()
}

/// Instances imported and exported under these names.
fn with(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let imports: String = imports.iter().map(|name| format!("(import \"{name}\" (instance))")).collect();
    let exports: String = exports.iter().map(|name| format!("(export \"{name}\" (instance $empty))")).collect();
    component(&format!("{imports} (instance $empty) {exports}"))
}

const SOURCE: [&str; 3] =
    ["cofferdam:connect/plugin@0.1.0", "cofferdam:connect/connector@0.1.0", "cofferdam:connect/source-task@0.1.0"];
const SINK: [&str; 3] =
    ["cofferdam:connect/plugin@0.1.0", "cofferdam:connect/connector@0.1.0", "cofferdam:connect/sink-task@0.1.0"];

#[test]
fn worlds_are_told_by_their_exports() {
    let imports = ["cofferdam:connect/log@0.1.0", "wasi:filesystem/types@0.2.6", "wasi:http/types@0.2.0"];
    assert_eq!(inspect(&with(&imports, &SOURCE)), Ok(World::Source));
    assert_eq!(inspect(&with(&["cofferdam:connect/sink-control@0.1.0"], &SINK)), Ok(World::Sink));
}

#[test]
fn every_truncation_is_incomplete_or_refused() {
    let nested = "(component (core module (memory 1) (func (result i32) i32.const 7)) (core module))";
    let whole = component(&format!("{nested} (core module (func nop nop nop))"));
    assert!(matches!(inspect(&whole), Err(InspectError::OtherWorld { .. })), "{:?}", inspect(&whole));
    for length in 0..whole.len() {
        match inspect(&whole[..length]) {
            Err(InspectError::Truncated(at)) => assert_eq!(at, length),
            // Cut where a section ends: whole as far as one can tell, and of no world.
            Err(InspectError::OtherWorld { .. }) => {}
            other => panic!("cut at {length}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_component_is_told_by_what_it_is() {
    let says = |bytes: &[u8], text: &str| {
        let error = inspect(bytes).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    says(b"#!/bin/sh\necho hello", "not WebAssembly");
    says(b"MZ", "not WebAssembly");
    says(&[], "truncated or still being written");
    says(&wat::parse_str("(module (func))").unwrap(), "core WebAssembly module, not a component");
    says(&[b"\0asm\x0d\0\x01\0".as_slice(), &[0xff; 30]].concat(), "not valid WebAssembly");
}

#[test]
fn what_is_not_for_this_worker_says_what_to_do() {
    let newer = "cofferdam:connect/source-task@0.2.0";
    let v1 = "cofferdam:connect/log@1.0.0";
    for (bytes, texts) in [
        (
            with(&[], &[newer]),
            ["uses cofferdam:connect@0.2.0, but this worker speaks cofferdam:connect@0.1.0", "update the worker"],
        ),
        (with(&[v1], &SOURCE), ["cofferdam:connect@1.0.0", "update the worker"]),
        (
            with(&[], &["cofferdam:connect/source-task@0.0.9"]),
            ["cofferdam:connect@0.0.9", "build the plugin with a current SDK"],
        ),
        (with(&[], &[]), ["another world", "it exports nothing"]),
        (with(&[], &["wasi:cli/run@0.2.6"]), ["another world", "it exports wasi:cli/run@0.2.6"]),
        (with(&[], &SOURCE[..1]), ["another world", "source-task"]),
        (with(&[], &SOURCE[1..]), ["does not export cofferdam:connect/plugin@0.1.0", "the world `source`"]),
        (
            with(&[], &[SOURCE[0], SOURCE[1], SOURCE[2], SINK[2]]),
            ["both source-task and sink-task", "one component for each"],
        ),
        (with(&["wasi:nn/graph@0.2.0"], &SOURCE), ["imports wasi:nn/graph@0.2.0", "does not offer to a source plugin"]),
        (
            with(&["cofferdam:connect/sink-control@0.1.0"], &SOURCE),
            ["cofferdam:connect/sink-control@0.1.0", "other world"],
        ),
        (with(&["wasi:clocks/monotonic-clock@0.3.0"], &SOURCE), ["WASI 0.3", "wasm32-wasip2"]),
    ] {
        let error = inspect(&bytes).unwrap_err().to_string();
        for text in texts {
            assert!(error.contains(text), "{text} in: {error}");
        }
    }
}

#[test]
fn a_compatible_patch_version_is_taken() {
    let exports = SOURCE.map(|name| name.replace("@0.1.0", "@0.1.7"));
    assert_eq!(inspect(&with(&[], &exports.each_ref().map(String::as_str))), Ok(World::Source));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let mut bytes = wat::parse_str("(component)").unwrap();
        for _ in 0..depth {
            // A component section that holds what there is so far.
            let mut length = Vec::new();
            let mut rest = bytes.len();
            while rest >= 0x80 {
                length.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
                rest >>= 7;
            }
            length.push(u8::try_from(rest).unwrap());
            bytes = [b"\0asm\x0d\0\x01\0\x04", &length[..], &bytes].concat();
        }
        inspect(&bytes).unwrap_err().to_string()
    };
    assert!(nested(100).contains("another world"), "{}", nested(100));
    assert!(nested(101).contains("nested more than 100 deep"), "{}", nested(101));
}
