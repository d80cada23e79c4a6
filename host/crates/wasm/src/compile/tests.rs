use super::*;
use std::time::Duration;

/// The environment variable that makes a test process a compiler.
const CHILD: &str = "COFFERDAM_TEST_COMPILE";

/// This test binary as compiler: it runs [`child_process`] only, which finds its arguments in the environment.
pub(crate) fn command() -> CompilerCommand {
    let binary = std::env::current_exe().unwrap();
    // What tests say themselves goes elsewhere; descriptor 3 stands for standard output.
    let script = format!(
        "{CHILD}=\"$*\" exec '{}' --exact compile::tests::child_process --nocapture --test-threads=1 3>&1 >/dev/null",
        binary.display()
    );
    CompilerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), script, "sh".into()] }
}

#[test]
fn child_process() {
    let Ok(args) = std::env::var(CHILD) else { return };
    let output = std::fs::File::options().write(true).open("/dev/fd/3").unwrap();
    let code = child::compile_to(args.split(' ').map(str::to_owned), output);
    // An exit code cannot be looked into, only returned.
    let number = (0..=255).find(|number| code == std::process::ExitCode::from(*number));
    std::process::exit(number.map_or(1, i32::from));
}

fn shell(script: &str) -> CompilerCommand {
    CompilerCommand { program: "/bin/sh".into(), args: vec!["-c".into(), script.into(), "sh".into()] }
}

async fn compile(command: CompilerCommand, component: &[u8], sandbox: &SandboxConfig) -> Result<Vec<u8>, CompileError> {
    Compiler::new(command).compile(component, sandbox).await
}

#[tokio::test]
async fn a_child_compiles_what_this_worker_can_run() {
    let sandbox = SandboxConfig { memory_max: 32 << 20, ..SandboxConfig::default() };
    let component = wat::parse_str("(component (core module (memory 1) (func)))").unwrap();
    let code = compile(command(), &component, &sandbox).await.unwrap();
    assert_eq!(code, compile_here(&component, &sandbox).unwrap());
}

#[tokio::test]
async fn a_component_that_does_not_compile_is_refused_with_the_reason() {
    let component = wat::parse_str("(component (core module (func (result i32))))").unwrap();
    let error = compile(command(), &component, &SandboxConfig::default()).await.unwrap_err();
    assert!(matches!(&error, CompileError::Refused(words) if words.contains("type mismatch")), "{error}");
}

#[tokio::test]
async fn a_child_that_takes_too_long_is_killed() {
    let sandbox = SandboxConfig { compile_timeout: Duration::from_millis(300), ..SandboxConfig::default() };
    let error = compile(shell("exec sleep 600"), b"", &sandbox).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "compiling it took longer than sandbox.compile.timeout.ms=300; raise it, or make the component smaller"
    );
}

#[tokio::test]
async fn a_child_that_takes_too_much_memory_fails_with_the_key() {
    let component = wat::parse_str("(component)").unwrap();
    let sandbox = SandboxConfig { compile_memory: 1 << 20, ..SandboxConfig::default() };
    let error =
        compile(shell("echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$"), &component, &sandbox).await;
    assert!(matches!(error, Err(CompileError::Memory { bytes: 1_048_576 })), "{error:?}");
}

#[tokio::test]
async fn the_childs_address_space_is_limited() {
    // So much code that compiling it needs more than what is allowed.
    let body = "(drop (i32.add (i32.const 1) (i32.const 2)))".repeat(2_000);
    let functions = format!("(func {body})").repeat(100);
    let component = wat::parse_str(format!("(component (core module {functions}))")).unwrap();
    let sandbox = SandboxConfig { compile_memory: 80 << 20, ..SandboxConfig::default() };
    let error = compile(command(), &component, &sandbox).await.unwrap_err();
    assert!(matches!(error, CompileError::Memory { bytes: 83_886_080 }), "{error:?}");
}

#[tokio::test]
async fn code_is_bounded_and_the_limit_named() {
    let sandbox = SandboxConfig { component_max_bytes: 9 << 20, ..SandboxConfig::default() };
    let error = compile(shell("exec cat /dev/zero"), b"", &sandbox).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "its code has more than 75497472 bytes, 8 times sandbox.component.max.bytes; raise that, or make the component \
         smaller"
    );
}

#[tokio::test]
async fn a_child_that_does_not_take_the_component_says_why() {
    let large = vec![0; 1 << 20];
    let error = compile(shell("echo oh >&2; exit 65"), &large, &SandboxConfig::default()).await.unwrap_err();
    assert!(matches!(&error, CompileError::Refused(words) if words == "oh"), "{error:?}");
}

#[tokio::test]
async fn a_child_that_crashes_or_is_not_there() {
    let error = compile(shell("echo oh >&2; kill -SEGV $$"), b"", &SandboxConfig::default()).await.unwrap_err();
    assert!(matches!(&error, CompileError::Crashed { words, .. } if words == "oh"), "{error:?}");
    let nowhere = CompilerCommand { program: "/nonexistent/cofferdam".into(), args: vec![] };
    let error = compile(nowhere, b"", &SandboxConfig::default()).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot run the compiler /nonexistent/cofferdam: "), "{error}");
}
