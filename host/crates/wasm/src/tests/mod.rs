//! A hostile guest from outside: it fails itself and nobody else, and the error says why.

mod guest;

use crate::{Sandbox, World};
use async_trait::async_trait;
use cofferdam_config::SandboxConfig;
use cofferdam_plugin::{ConfigMap, ConnectorContext, Interrupt, OffsetReader, PluginError, PluginType};
use guest::{CLASS, load, plugin, poll, request, sandbox, task};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Fails a guest in `poll`: the error's text, after the check that the instance is gone and everything given back.
async fn broken(config: SandboxConfig, number: u64) -> String {
    let sandbox = sandbox(config);
    let plugin = plugin(&sandbox).await;
    let mut bystander = task(&plugin, &[], None).await.unwrap();
    let mut task = task(&plugin, &[], None).await.unwrap();
    task.start().await.unwrap();
    let error = task.poll(request(number)).await.unwrap_err();
    assert!(!error.instance_is_sound(), "{error}");
    assert_eq!(sandbox.instances(), 1, "the store is dropped when the error is told");
    let again = task.stop().await.unwrap_err().to_string();
    assert!(again.starts_with("the instance is gone since: "), "{again}");
    bystander.start().await.unwrap();
    assert!(bystander.poll(request(poll::NOTHING)).await.unwrap().is_empty());
    drop((task, bystander));
    assert_eq!((sandbox.instances(), sandbox.memory_bytes()), (0, 0));
    error.to_string()
}

fn starts_with(text: &str, cause: &str) {
    assert!(text.starts_with(cause), "{text}");
}

#[tokio::test]
async fn a_component_describes_itself() {
    let sandbox = sandbox(SandboxConfig::default());
    let plugin = plugin(&sandbox).await;
    let desc = plugin.desc();
    assert_eq!((desc.class.as_str(), desc.plugin_type), (CLASS, PluginType::Source));
    assert_eq!((desc.task_class.as_str(), desc.location.as_str()), ("org.example.HostileSourceTask", "hostile.wasm"));
    assert!(plugin.validate(&ConfigMap::new()).await.unwrap().is_empty());
    assert_eq!(sandbox.instances(), 0);
}

#[tokio::test]
async fn a_component_of_another_world_is_told() {
    let error = load(&sandbox(SandboxConfig::default()), World::Sink).await.err().unwrap().to_string();
    starts_with(&error, "not a component of the world `sink` of this worker: ");
    assert!(error.contains("sink-task"), "{error}");
}

#[tokio::test]
async fn a_trap_is_told_with_its_backtrace() {
    let text = broken(SandboxConfig::default(), poll::TRAP).await;
    starts_with(&text, "guest trapped: wasm `unreachable` instruction executed in poll\nbacktrace of the guest:\n");
}

#[tokio::test]
async fn computing_for_ever_ends() {
    let config = SandboxConfig { call_cpu: Duration::from_millis(100), ..SandboxConfig::default() };
    starts_with(
        &broken(config, poll::SPIN).await,
        "poll did not return within 0.1 s of computing (sandbox.call.cpu.ms)",
    );
}

/// No tick of the engine is looked at between host calls in a row.
#[tokio::test]
async fn calling_the_host_for_ever_ends() {
    let config = SandboxConfig { call_cpu: Duration::from_millis(100), ..SandboxConfig::default() };
    starts_with(
        &broken(config, poll::HOST_CALLS).await,
        "poll did not return within 0.1 s of computing (sandbox.call.cpu.ms)",
    );
}

#[tokio::test]
async fn memory_without_end_ends() {
    let config = SandboxConfig { memory_default: 8 << 20, ..SandboxConfig::default() };
    let text = broken(config, poll::GROW).await;
    starts_with(
        &text,
        "memory limit of 8 MiB exceeded while growing to 8.1 MiB; then: guest trapped: wasm `unreachable`",
    );
    let config = SandboxConfig { memory_total: Some(16 << 20), ..SandboxConfig::default() };
    let text = broken(config, poll::GROW).await;
    starts_with(&text, "memory limit of 16 MiB for all instances of this worker (sandbox.memory.total.bytes) exceeded");
}

#[tokio::test]
async fn recursion_without_end_ends() {
    starts_with(
        &broken(SandboxConfig::default(), poll::RECURSE).await,
        "guest trapped: call stack of 512 KiB exhausted",
    );
}

#[tokio::test]
async fn batches_are_bounded_and_checked() {
    let config = SandboxConfig { batch_max_bytes: 1_000, ..SandboxConfig::default() };
    let text = broken(config.clone(), poll::LARGE).await;
    assert_eq!(text, "poll gave what it may not: batch of 5001 bytes exceeds sandbox.batch.max.bytes (1000)");
    let text = broken(config, poll::HUGE).await;
    starts_with(&text, "poll gave far more to the worker at once than sandbox.batch.max.bytes (1000) allows");
    let text = broken(SandboxConfig::default(), poll::LIE).await;
    assert_eq!(
        text,
        "poll gave what it may not: run 0: column `values` `ends` at index 0 is 9, but there are 1 bytes of data"
    );
}

/// Never answers.
struct Silent;

#[async_trait]
impl OffsetReader for Silent {
    async fn read(&self, _source_partitions: &[String]) -> Result<Vec<Option<String>>, String> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn waiting_for_ever_ends() {
    let config = SandboxConfig { call_timeout: Duration::from_millis(100), ..SandboxConfig::default() };
    let plugin = plugin(&sandbox(config)).await;
    let mut task = task(&plugin, &[], Some(Arc::new(Silent))).await.unwrap();
    let text = task.poll(request(poll::OFFSETS)).await.unwrap_err().to_string();
    starts_with(&text, "poll did not return within 0.1 s (sandbox.call.timeout.ms)");
}

async fn until_empty(sandbox: &Sandbox) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while sandbox.instances() > 0 {
        assert!(Instant::now() < deadline, "the instance is still there");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_call_given_up_drops_the_instance_where_it_runs() {
    for number in [poll::OFFSETS, poll::SPIN] {
        let sandbox = sandbox(SandboxConfig::default());
        let plugin = plugin(&sandbox).await;
        let mut task = task(&plugin, &[], Some(Arc::new(Silent))).await.unwrap();
        let given_up = tokio::time::timeout(Duration::from_millis(50), task.poll(request(number)));
        assert!(given_up.await.is_err());
        until_empty(&sandbox).await;
        let error = task.poll(request(poll::NOTHING)).await.unwrap_err();
        assert_eq!(error.to_string(), "the instance is gone: an earlier call was given up");
    }
}

#[tokio::test]
async fn an_instance_that_has_grown_is_replaced() {
    let sandbox = sandbox(SandboxConfig { memory_default: 12 << 20, ..SandboxConfig::default() });
    let plugin = plugin(&sandbox).await;
    let mut task = task(&plugin, &[], None).await.unwrap();
    assert!(!task.wants_recycling());
    task.poll(request(poll::SWELL)).await.unwrap();
    assert!(task.wants_recycling());
    task.stop().await.unwrap();
    task.recycle().await.unwrap();
    assert!(!task.wants_recycling());
    assert_eq!(sandbox.instances(), 1);
    task.poll(request(poll::NOTHING)).await.unwrap();
}

#[tokio::test]
async fn a_connector_may_lower_limits_and_not_raise_them() {
    let sandbox = sandbox(SandboxConfig::default());
    let plugin = plugin(&sandbox).await;
    let mut low = task(&plugin, &[("sandbox.memory.default.bytes", "8388608")], None).await.unwrap();
    let text = low.poll(request(poll::GROW)).await.unwrap_err().to_string();
    starts_with(&text, "memory limit of 8 MiB exceeded");
    let high = task(&plugin, &[("sandbox.call.cpu.ms", "60001")], None).await;
    assert!(high.err().unwrap().to_string().contains("sandbox.call.cpu.ms"));
    let config = ConfigMap::from([("sandbox.call.cpu.ms".to_owned(), "60001".to_owned())]);
    let verdicts = plugin.validate(&config).await.unwrap();
    assert_eq!((verdicts.len(), verdicts[0].name.as_str()), (1, "sandbox.call.cpu.ms"));
}

#[tokio::test]
async fn instances_are_bounded_by_name() {
    let sandbox = sandbox(SandboxConfig { instances_max: 1, ..SandboxConfig::default() });
    let plugin = plugin(&sandbox).await;
    let one = task(&plugin, &[], None).await.unwrap();
    let error = task(&plugin, &[], None).await.err().unwrap();
    assert!(matches!(&error, PluginError::Failed(text) if text.contains("sandbox.instances.max")), "{error}");
    drop(one);
    task(&plugin, &[], None).await.unwrap();
}

#[tokio::test]
async fn a_connector_starts_again_after_stop_on_a_fresh_instance() {
    let sandbox = sandbox(SandboxConfig::default());
    let plugin = plugin(&sandbox).await;
    let context =
        ConnectorContext { name: "c".into(), config: ConfigMap::new(), interrupt: Interrupt::default(), offsets: None };
    let mut connector = plugin.connector(context).await.unwrap();
    for _ in 0..2 {
        connector.start().await.unwrap();
        assert!(connector.task_configs(3).await.unwrap().is_empty());
        assert_eq!(connector.watch().await.unwrap().again, None);
        connector.stop().await.unwrap();
    }
    assert_eq!(sandbox.instances(), 1);
}

/// The guest agrees to nothing at all, refuses a single partition with its text, and traps for more.
#[tokio::test]
async fn a_connector_that_is_not_started_is_asked_about_offsets() {
    let sandbox = sandbox(SandboxConfig::default());
    let plugin = plugin(&sandbox).await;
    let context =
        ConnectorContext { name: "c".into(), config: ConfigMap::new(), interrupt: Interrupt::default(), offsets: None };
    let mut connector = plugin.connector(context).await.unwrap();
    assert!(!connector.alter_offsets(&[]).await.unwrap());
    let change = ("{\"file\":\"/in\"}".to_owned(), Some("{}".to_owned()));
    let refused = connector.alter_offsets(std::slice::from_ref(&change)).await.unwrap_err();
    assert!(matches!(&refused, PluginError::Failed(text) if text == &change.0), "{refused:?}");
    let trapped = connector.alter_offsets(&[change.clone(), change]).await.unwrap_err();
    starts_with(&trapped.to_string(), "guest trapped: wasm `unreachable` instruction executed in alter-offsets");
    assert!(!trapped.instance_is_sound());
}
