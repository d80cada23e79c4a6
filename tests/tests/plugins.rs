//! Plugin files, good and bad: found while the worker runs, refused with a reason, compiled once.

use cofferdam_tests::{Neighbour, Server, ServerBuilder, fixture, plugin, wait_for};
use serde_json::json;
use std::fs;
use std::path::Path;
use wasm_encoder::{CodeSection, Function, FunctionSection, Module, RawSection, TypeSection};

const SOURCE: &str = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SINK: &str = "org.apache.kafka.connect.file.FileStreamSinkConnector";

/// A component that exports and imports instances of these names, and nothing in them.
fn component(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let imports: String = imports.iter().map(|name| format!("(import \"{name}\" (instance))")).collect();
    let exports: String = exports.iter().map(|name| format!("(export \"{name}\" (instance $empty))")).collect();
    wat::parse_str(format!("(component {imports} (instance $empty) {exports})")).unwrap()
}

const WORLD: [&str; 3] =
    ["cofferdam:connect/plugin@0.1.0", "cofferdam:connect/connector@0.1.0", "cofferdam:connect/source-task@0.1.0"];

/// A source by its exports, with so much code in it that compiling it takes minutes.
fn huge() -> Vec<u8> {
    let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], []);
    let mut body = Function::new([(1, wasm_encoder::ValType::I64)]);
    for number in 0..2000 {
        body.instructions().local_get(0).i64_const(number).i64_mul().local_get(0).i64_xor().local_set(0);
    }
    body.instructions().end();
    for _ in 0..3000 {
        functions.function(0);
        code.function(&body);
    }
    let module = Module::new().section(&types).section(&functions).section(&code).clone().finish();
    let mut component = component(&[], &WORLD);
    // Section 1 of a component is a core module.
    wasm_encoder::ComponentSection::append_to_component(&RawSection { id: 1, data: &module }, &mut component);
    component
}

/// Waits until the worker tells that this file cannot be used, for a reason that has all of these texts.
fn unusable(server: &Server, name: &str, texts: &[&str]) {
    wait_for(&format!("{name} to be told as unusable: {texts:?}"), || {
        let plugins = server.rest.get("/cofferdam/plugins");
        let listed = plugins.json();
        let about = listed["unusable"].as_array().into_iter().flatten().map(ToString::to_string);
        let found =
            about.filter(|about| about.contains(name)).find(|about| texts.iter().all(|text| about.contains(text)));
        found.ok_or(plugins.text)
    });
}

#[test]
fn files_that_are_no_plugins_are_told_with_the_reason_and_the_remedy() {
    let builder = ServerBuilder::new().file_plugins();
    let files: [(&str, &[u8], &[&str]); 6] = [
        ("text.wasm", b"this is no WebAssembly", &["not WebAssembly", "wasm32-wasip2"]),
        ("core.wasm", b"\0asm\x01\0\0\0", &["core WebAssembly module", "wasm-tools component new"]),
        ("precompiled.cwasm", b"\x7fELF", &["precompiled.cwasm"]),
        ("other-world.wasm", &component(&[], &["wasi:cli/run@0.2.6"]), &["another world", "wasi:cli/run@0.2.6"]),
        (
            "newer.wasm",
            &component(&[], &["cofferdam:connect/source-task@0.2.0"]),
            &["cofferdam:connect@0.2.0", "this worker speaks cofferdam:connect@0.1.0", "update the worker"],
        ),
        ("greedy.wasm", &component(&["wasi:nn/graph@0.2.0"], &WORLD), &["wasi:nn/graph@0.2.0", "does not offer"]),
    ];
    for (name, bytes, _) in &files {
        fs::write(builder.path("plugins").join(name), bytes).unwrap();
    }
    let whole = fs::read(plugin("file-source")).unwrap();
    fs::write(builder.path("plugins/empty.wasm"), "").unwrap();
    fs::write(builder.path("plugins/truncated.wasm"), &whole[..whole.len() / 2]).unwrap();
    let server = builder.start();
    for (name, _, texts) in &files {
        unusable(&server, name, texts);
    }
    let listed = server.rest.get("/connector-plugins").json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    let (status, _) = server.stop();
    assert!(status.success(), "{status}");
}

/// One that takes minutes to compile is given up, by the key that says so, while everything else goes on.
#[test]
fn a_component_that_takes_minutes_to_compile_is_given_up() {
    let server = ServerBuilder::new().set("sandbox.compile.timeout.ms", "5000").file_plugins().start();
    let neighbour = Neighbour::start(&server);
    fs::write(server.path("huge.wasm"), huge()).unwrap();
    fs::rename(server.path("huge.wasm"), server.path("plugins/huge.wasm")).unwrap();
    unusable(&server, "huge.wasm", &["sandbox.compile.timeout.ms=5000", "raise it"]);
    assert_eq!(server.rest.get("/").status, 200);
    neighbour.lost_nothing();
}

/// What is in the cache is code that this worker made, or it is made again.
#[test]
fn a_damaged_compile_cache_is_made_anew() {
    let cache = |builder: &ServerBuilder| builder.path("cache");
    let mut builder = ServerBuilder::new().set("sandbox.cache.dir", "cache").file_plugins();
    for damage in [cut as fn(&Path), flip, overwrite] {
        let server = builder.start();
        server.rest.wait_for_class(SOURCE);
        server.rest.wait_for_class(SINK);
        builder = server.stop().1;
        let files = compiled(&cache(&builder));
        assert_eq!(files.len(), 2, "{files:?}");
        files.iter().for_each(|file| damage(file));
    }
    let server = builder.start();
    server.wait_for_log(&["WARN", "cache"]);
    let neighbour = Neighbour::start(&server);
    neighbour.lost_nothing();
}

fn compiled(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { compiled(&path) } else { vec![path] }).collect()
}

fn cut(file: &Path) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn overwrite(file: &Path) {
    fs::write(file, "this is no compiled code").unwrap();
}

#[test]
fn the_command_line_lists_inspects_and_compiles() {
    let builder = ServerBuilder::new().file_plugins().install(&fixture("hostile-sink"));
    fs::write(builder.path("plugins/core.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let run = |args: &[&str]| {
        let output = builder.program(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let has = |text: &str, wanted: &[&str]| wanted.iter().for_each(|w| assert!(text.contains(w), "{w} in:\n{text}"));

    let (code, listed, _) = run(&["plugin", "list", "plugins"]);
    assert_eq!(code, Some(0));
    has(&listed, &[SOURCE, SINK, "FileStreamSink", "org.cofferdam.fixtures.HostileSink", "core.wasm: it is a core"]);
    let (code, by_worker, _) = run(&["plugin", "list", "--worker-config", "worker.properties"]);
    assert_eq!((code, by_worker.lines().count()), (Some(0), listed.lines().count()), "{by_worker}");

    let (code, about, _) = run(&["plugin", "inspect", "plugins/file_sink.wasm"]);
    assert_eq!(code, Some(0));
    has(&about, &[SINK, "sink", "alias FileStreamSink", "write-file what option file names", "STRING"]);
    let (code, _, refused) = run(&["plugin", "inspect", "plugins/core.wasm"]);
    assert_eq!(code, Some(2));
    has(&refused, &["plugins/core.wasm cannot be used as a plugin", "core WebAssembly module"]);

    let (code, _, refused) = run(&["plugin", "compile", "plugins", "--worker-config", "worker.properties"]);
    assert_eq!(code, Some(2));
    has(&refused, &["1 files of plugins cannot be used"]);
    fs::remove_file(builder.path("plugins/core.wasm")).unwrap();
    let (code, compiled_list, _) = run(&["plugin", "compile", "plugins"]);
    assert_eq!(code, Some(0));
    has(&compiled_list, &[SOURCE, SINK]);

    for (args, wanted) in [
        (&["plugin", "list", "nowhere"][..], "nowhere is not a directory"),
        (&["plugin", "list"], "--worker-config"),
        (&["plugin"], "Usage"),
        (&["standalone"], "WORKER.properties"),
        (&["--no-such-option"], "Usage"),
    ] {
        let (code, _, said) = run(args);
        assert_eq!(code, Some(1), "{args:?}: {said}");
        has(&said, &[wanted]);
    }
}

#[test]
fn a_plugin_that_appears_is_listed_and_a_half_written_one_is_not() {
    let server = ServerBuilder::new().start();
    assert_eq!(server.rest.get("/connector-plugins").json(), json!([]));
    let whole = fs::read(plugin("file-source")).unwrap();
    let path = server.path("plugins/file-source.wasm");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    server.install(&plugin("file-sink"));
    server.rest.wait_for_class(SINK);
    assert_eq!(server.rest.get("/connector-plugins").json().as_array().map(Vec::len), Some(1));
    fs::write(&path, &whole).unwrap();
    server.rest.wait_for_class(SOURCE);
}

#[test]
fn two_plugins_of_one_class_and_version_are_both_named() {
    let builder = ServerBuilder::new().file_plugins();
    fs::copy(plugin("file-source"), builder.path("plugins/second.wasm")).unwrap();
    let server = builder.start();
    server.wait_for_log(&["already provided by", "file_source.wasm", "second.wasm", SOURCE]);
    let listed = server.rest.get("/connector-plugins").json();
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
}

#[test]
fn a_missing_plugin_path_is_told_and_the_worker_starts() {
    let server = ServerBuilder::new().set("plugin.path", "nowhere").start();
    server.wait_for_log(&["nowhere"]);
    assert_eq!(server.rest.get("/connector-plugins").json(), json!([]));
}
