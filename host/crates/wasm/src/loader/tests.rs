use super::*;
use crate::compile::tests::command;
use cofferdam_config::SandboxConfig;
use std::fs;

/// A component that is a source by its names; it has none of the functions.
const NAMED_SOURCE: &str = r#"(component (instance $empty)
    (export "cofferdam:connect/plugin@0.1.0" (instance $empty))
    (export "cofferdam:connect/connector@0.1.0" (instance $empty))
    (export "cofferdam:connect/source-task@0.1.0" (instance $empty)))"#;

struct Fixture {
    dir: tempfile::TempDir,
    loader: ComponentLoader,
}

impl Fixture {
    fn new(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let mut config =
            SandboxConfig { instances_max: 2, calls_max: 2, memory_max: 16 << 20, ..SandboxConfig::default() };
        change(&mut config);
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(&config, dir.path().to_owned()).unwrap();
        let loader = ComponentLoader::new(sandbox, dir.path().join("code"), command()).unwrap();
        Self { dir, loader }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join("p.wasm");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn entries(&self) -> Vec<PathBuf> {
        fs::read_dir(self.dir.path().join("code")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

#[tokio::test]
async fn a_component_is_compiled_once_and_again_when_its_code_is_damaged() {
    let fixture = Fixture::new(|_| {});
    let path = fixture.file(&wat::parse_str(NAMED_SOURCE).unwrap());
    fixture.loader.warm(&path).await.unwrap();
    let [entry] = fixture.entries().try_into().unwrap();
    let written = fs::metadata(&entry).unwrap().modified().unwrap();
    fixture.loader.warm(&path).await.unwrap();
    assert_eq!(fs::metadata(&entry).unwrap().modified().unwrap(), written, "taken from the cache");

    let whole = fs::read(&entry).unwrap();
    let mut damaged = whole.clone();
    damaged[100] ^= 1;
    fs::write(&entry, damaged).unwrap();
    fixture.loader.warm(&path).await.unwrap();
    assert_eq!(fs::read(&entry).unwrap(), whole, "compiled again");
}

#[tokio::test]
async fn a_component_without_the_functions_is_unusable() {
    let fixture = Fixture::new(|_| {});
    let path = fixture.file(&wat::parse_str(NAMED_SOURCE).unwrap());
    let error = fixture.loader.load(&path).await.err().unwrap();
    assert!(matches!(&error, LoadError::Unusable(reason) if reason.contains("world `source`")), "{error:?}");
}

#[tokio::test]
async fn truncated_is_incomplete_and_the_rest_unusable() {
    let fixture = Fixture::new(|config| config.component_max_bytes = 1000);
    let whole = wat::parse_str(NAMED_SOURCE).unwrap();
    let error = fixture.loader.load(&fixture.file(&whole[..whole.len() - 1])).await.err().unwrap();
    assert!(matches!(error, LoadError::Incomplete(_)), "{error:?}");
    for (bytes, text) in [
        (vec![0; 1001], "sandbox.component.max.bytes=1000"),
        (b"no wasm at all".to_vec(), "not WebAssembly"),
        (wat::parse_str("(module)").unwrap(), "core WebAssembly module"),
    ] {
        let error = fixture.loader.load(&fixture.file(&bytes)).await.err().unwrap();
        assert!(matches!(&error, LoadError::Unusable(reason) if reason.contains(text)), "{error:?}");
    }
    assert_eq!(fixture.entries(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_the_worker_cannot_do_now_is_tried_later() {
    let fixture = Fixture::new(|_| {});
    let gone = fixture.dir.path().join("gone.wasm");
    let error = fixture.loader.load(&gone).await.err().unwrap();
    assert!(matches!(&error, LoadError::Later(reason) if reason.starts_with("cannot read it: ")), "{error:?}");

    let nowhere = CompilerCommand { program: "/nonexistent/cofferdam".into(), args: vec![] };
    let sandbox = fixture.loader.inner.sandbox.clone();
    let loader = ComponentLoader::new(sandbox, fixture.dir.path().join("code"), nowhere).unwrap();
    let error = loader.warm(&fixture.file(&wat::parse_str(NAMED_SOURCE).unwrap())).await.err().unwrap();
    assert!(matches!(&error, LoadError::Later(reason) if reason.starts_with("cannot run the compiler ")), "{error:?}");

    let full = crate::sandbox::SandboxError::Instances { max: 2 };
    assert!(matches!(not_described(full.to_string()), LoadError::Later(_)));
}

#[tokio::test]
async fn only_regular_files_are_read() {
    let fixture = Fixture::new(|_| {});
    let fifo = fixture.dir.path().join("fifo.wasm");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let error = fixture.loader.load(&fifo).await.err().unwrap();
    assert!(matches!(&error, LoadError::Unusable(reason) if reason == "it is not a regular file"), "{error:?}");
}

#[tokio::test]
async fn code_that_cannot_be_kept_is_used_all_the_same() {
    let fixture = Fixture::new(|_| {});
    let path = fixture.file(&wat::parse_str(NAMED_SOURCE).unwrap());
    fs::remove_dir(fixture.dir.path().join("code")).unwrap();
    fixture.loader.warm(&path).await.unwrap();
}

#[tokio::test]
async fn what_is_in_the_cache_does_not_wait_for_what_is_compiled() {
    let fixture = Fixture::new(|_| {});
    let path = fixture.file(&wat::parse_str(NAMED_SOURCE).unwrap());
    fixture.loader.warm(&path).await.unwrap();
    let compiling = &fixture.loader.inner.compiling;
    let _all = compiling.acquire_many(u32::try_from(compiling.available_permits()).unwrap()).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(60), fixture.loader.warm(&path)).await.unwrap().unwrap();
}
