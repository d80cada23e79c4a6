//! Placeholders in configurations: who gets values, and that nobody else is told them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod support;

use cofferdam_config::TargetState;
use cofferdam_herder::{ConfigReport, HerderError, RequestedConfig};
use cofferdam_storage::{State, StatusBackingStore as _};
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;
use support::{SINK, SOURCE, Setup, config, source};
use tempfile::TempDir;

const STARTED: TargetState = TargetState::Started;
const SECRET: &str = "correct horse battery staple";

/// A herder whose worker has the providers `file` and `env`, and a file with secrets.
struct Secrets {
    setup: Setup,
    file: PathBuf,
    _dir: TempDir,
}

impl Secrets {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("s.properties");
        fs::write(&file, format!("password={SECRET}\nclass={SOURCE}\nunknown=com.example.Unknown\n")).unwrap();
        let allowed = dir.path().display().to_string();
        let setup = Setup::with(&[
            ("config.providers", "file,env"),
            ("config.providers.file.class", "File"),
            ("config.providers.file.param.allowed.paths", &allowed),
            ("config.providers.env.class", "EnvVar"),
        ]);
        Self { setup, file, _dir: dir }
    }

    fn placeholder(&self, key: &str) -> String {
        format!("${{file:{}:{key}}}", self.file.display())
    }
}

#[track_caller]
fn hides(shown: &impl Debug) {
    let text = format!("{shown:?}");
    assert!(!text.contains(SECRET), "{text}");
}

fn value<'a>(report: &'a ConfigReport, key: &str) -> &'a cofferdam_config::ConfigValue {
    &report.entries().find(|entry| entry.value.name == key).unwrap().value
}

#[tokio::test]
async fn plugins_get_values_and_everybody_else_placeholders() {
    let secrets = Secrets::new();
    let (setup, placeholder) = (&secrets.setup, secrets.placeholder("password"));
    let keys = [("secret", placeholder.as_str()), ("other", "${file:/etc/passwd:root} ${no:such}")];
    let info = setup.herder.create("c", source(&keys), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    for sort in ["connector", "task", "task's connector"] {
        assert_eq!(setup.last_seen(sort, "secret").as_deref(), Some(SECRET), "{sort}");
    }
    let untouched = setup.last_seen("connector", "other");
    assert_eq!(untouched.as_deref(), Some("${file:/etc/passwd:root} ${no:such}"), "not allowed, and no provider");
    assert_eq!(info.config["secret"], placeholder);
    assert_eq!(setup.herder.connector_config("c").await.unwrap()["secret"], placeholder);
    let tasks = setup.herder.tasks("c").await.unwrap();
    assert_eq!(tasks[0].config["secret"], placeholder);
    hides(&(tasks, info, setup.herder.connector_status("c").await.unwrap()));
}

#[tokio::test]
async fn the_topics_of_a_sinks_tasks_keep_their_placeholder() {
    let setup = Setup::with(&[("config.providers", "env"), ("config.providers.env.class", "EnvVar")]);
    let placeholder = "${env:CARGO_PKG_NAME}";
    let asked = config(&[("connector.class", SINK), ("topics", placeholder)]);
    setup.herder.create("c", asked, STARTED).await.unwrap();
    assert_eq!(setup.herder.tasks("c").await.unwrap()[0].config["topics"], placeholder);
    setup.until("the task is made", || setup.last_seen("task", "topics").is_some()).await;
    assert_eq!(setup.last_seen("task", "topics").as_deref(), Some("cofferdam-herder"));
}

#[tokio::test]
async fn values_are_looked_up_again_at_every_start() {
    let secrets = Secrets::new();
    let (setup, placeholder) = (&secrets.setup, secrets.placeholder("password"));
    setup.herder.create("c", source(&[("secret", &placeholder)]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    fs::write(&secrets.file, "password=another secret\n").unwrap();
    setup.herder.restart_task("c", 0).await.unwrap();
    let seen = |sort: &str| setup.last_seen(sort, "secret");
    setup.until("the task has the new value", || seen("task").as_deref() == Some("another secret")).await;
    assert_eq!(seen("connector").as_deref(), Some(SECRET));
    setup.herder.restart_connector("c").await.unwrap();
    assert_eq!(seen("connector").as_deref(), Some("another secret"));
}

#[tokio::test]
async fn a_provider_that_fails_refuses_the_creation() {
    let secrets = Secrets::new();
    let missing = secrets.file.with_file_name("missing");
    let expected = format!("Could not read properties from file {}", missing.display());
    let asked = || source(&[("secret", &format!("${{file:{}:k}}", missing.display()))]);
    for error in [
        secrets.setup.herder.create("c", asked(), STARTED).await.unwrap_err(),
        secrets.setup.herder.validate(SOURCE, asked()).await.unwrap_err(),
    ] {
        assert!(matches!(&error, HerderError::Provider(_)), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }
    assert!(secrets.setup.herder.connectors().await.is_empty());
}

#[tokio::test]
async fn a_provider_that_fails_at_a_start_is_told_by_the_status() {
    let secrets = Secrets::new();
    let (setup, placeholder) = (&secrets.setup, secrets.placeholder("password"));
    setup.herder.create("c", source(&[("secret", &placeholder)]), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    fs::remove_file(&secrets.file).unwrap();
    let expected = format!("Could not read properties from file {}", secrets.file.display());
    assert_eq!(setup.herder.restart_task("c", 0).await.unwrap_err().to_string(), "Failed to start task: c-0");
    let task = setup.statuses.task("c", 0).unwrap();
    assert_eq!((task.state, task.trace), (State::Failed, Some(format!("{expected}\n"))));
    assert_eq!(setup.herder.restart_connector("c").await.unwrap_err().to_string(), expected);
    let connector = setup.statuses.connector("c").unwrap();
    assert_eq!((connector.state, connector.trace), (State::Failed, Some(format!("{expected}\n"))));
    assert_eq!(setup.herder.grants("c").await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn what_a_plugin_says_of_a_secret_is_told_with_the_placeholder() {
    let secrets = Secrets::new();
    let (setup, placeholder) = (&secrets.setup, secrets.placeholder("password"));
    let said = format!("say:no entry with {placeholder}");
    let error = setup.herder.create("c", source(&[("start", &said)]), STARTED).await.unwrap_err();
    assert_eq!(error.to_string(), said);
    assert_eq!(setup.statuses.connector("c").unwrap().trace, Some(format!("{said}\n")));

    setup.herder.create("t", source(&[("task.start", &said)]), STARTED).await.unwrap();
    setup.task_is("t", 0, State::Failed).await;
    assert_eq!(setup.statuses.task("t", 0).unwrap().trace, Some(format!("start failed: {said}\n")));
    hides(&setup.herder.tasks("t").await.unwrap());

    let error = setup.herder.validate(SOURCE, source(&[("check", &said)])).await.unwrap_err();
    assert_eq!(error.to_string(), said);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_told_with_the_placeholder() {
    let secrets = Secrets::new();
    let (setup, placeholder) = (&secrets.setup, secrets.placeholder("password"));
    let key = "consumer.override.security.protocol";
    let asked = config(&[("connector.class", SINK), ("topics", "t"), (key, &placeholder)]);
    setup.herder.create("c", asked, STARTED).await.unwrap();
    setup.task_is("c", 0, State::Failed).await;
    let trace = setup.statuses.task("c", 0).unwrap().trace.unwrap();
    assert!(trace.contains(&placeholder) && !trace.contains(SECRET), "{trace}");
}

#[tokio::test]
async fn the_class_may_be_a_placeholder() {
    let secrets = Secrets::new();
    let setup = &secrets.setup;
    let class = secrets.placeholder("class");
    let asked = |class: &str| config(&[("connector.class", class), ("topic", "t")]);
    setup.herder.create("c", asked(&class), STARTED).await.unwrap();
    setup.task_is("c", 0, State::Running).await;
    let report = setup.herder.validate("", asked(&class)).await.unwrap();
    assert_eq!(
        (report.name.as_str(), value(&report, "connector.class").value.as_ref()),
        (class.as_str(), Some(&class))
    );
    let unknown = secrets.placeholder("unknown");
    let error = setup.herder.create("d", asked(&unknown), STARTED).await.unwrap_err().to_string();
    let start =
        format!("Failed to find any class that implements Connector and which name matches {unknown}, available");
    assert!(error.starts_with(&start), "{error}");
}

#[tokio::test]
async fn a_validation_tells_placeholders_and_one_error_for_whatever_is_wrong() {
    let secrets = Secrets::new();
    let placeholder = secrets.placeholder("password");
    let mut asked = source(&[("name", "c"), ("errors.tolerance", "some"), ("value.converter", "test.TextConverter")]);
    let changed =
        ["tasks.max", "secret", "key.converter", "producer.override.client.id", "value.converter.schemas.enable"];
    asked.extend(config(&changed.map(|key| (key, placeholder.as_str()))));
    let report = secrets.setup.herder.validate(SOURCE, asked.clone()).await.unwrap();
    hides(&report);
    let failed = |key: &str| {
        format!(
            "Invalid value for configuration '{key}': the value resolved from the config provider reference failed \
             validation"
        )
    };
    for (key, is_wrong) in changed.into_iter().zip([true, false, true, false, true]) {
        let value = value(&report, key);
        assert_eq!(value.value.as_ref(), Some(&placeholder), "{key}");
        assert!(value.recommended_values.is_empty(), "{key}");
        assert_eq!(value.errors, if is_wrong { vec![failed(key)] } else { Vec::new() }, "{key}");
    }
    let others = ["Invalid value some for configuration errors.tolerance: String must be one of: none, all"];
    assert_eq!(value(&report, "errors.tolerance").errors, others);
    assert_eq!(report.error_count(), 4);
    let error = secrets.setup.herder.create("c", asked, STARTED).await.unwrap_err().to_string();
    assert!(error.contains(&failed("tasks.max")) && error.contains("4 error(s)"), "{error}");
    hides(&error);
    // What a client's type does not allow fails the whole request (config.md §5.1).
    let asked = source(&[("name", "c"), ("producer.override.linger.ms", &placeholder)]);
    let error = secrets.setup.herder.validate(SOURCE, asked).await.unwrap_err().to_string();
    assert_eq!(error, format!("Invalid value {placeholder} for configuration linger.ms: Not a number of type LONG"));
}

#[tokio::test]
async fn a_validation_without_values_of_providers_is_as_ever() {
    let secrets = Secrets::new();
    let asked = |secret: &str| -> RequestedConfig { source(&[("name", "c"), ("tasks.max", "0"), ("secret", secret)]) };
    let report = secrets.setup.herder.validate(SOURCE, asked("${no:such}")).await.unwrap();
    assert_eq!(value(&report, "secret").value.as_deref(), Some("[hidden]"));
    assert_eq!(
        value(&report, "tasks.max").errors,
        ["Invalid value 0 for configuration tasks.max: Value must be at least 1"]
    );
}

#[tokio::test]
async fn a_connectors_own_providers_are_not_made() {
    let setup = Setup::new();
    let keys =
        [("config.providers", "env"), ("config.providers.env.class", "EnvVar"), ("secret", "${env:CARGO_PKG_NAME}")];
    setup.herder.create("c", source(&keys), STARTED).await.unwrap();
    assert_eq!(setup.last_seen("connector", "secret").as_deref(), Some("${env:CARGO_PKG_NAME}"));
}

#[tokio::test]
async fn grants_are_told_by_the_placeholder_that_names_them() {
    let secrets = Secrets::new();
    let (setup, placeholder) = (&secrets.setup, secrets.placeholder("password"));
    let path = format!("in/{placeholder}");
    setup.herder.create("c", source(&[("file", &path), ("secret", &placeholder)]), STARTED).await.unwrap();
    let targets: Vec<_> = setup.herder.grants("c").await.unwrap().into_iter().map(|grant| grant.target).collect();
    assert_eq!(targets, [path]);
    setup.herder.create("d", source(&[("file", "in/plain"), ("secret", &placeholder)]), STARTED).await.unwrap();
    let targets: Vec<_> = setup.herder.grants("d").await.unwrap().into_iter().map(|grant| grant.target).collect();
    assert_eq!(targets, ["/base/in/plain"]);
}
