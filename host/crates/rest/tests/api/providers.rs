//! Values of config providers: no answer has them.

use crate::Api;
use crate::support::Setup;
use axum::http::StatusCode;
use cofferdam_storage::State;
use std::fs;

const SECRET: &str = "correct-horse-battery-staple";

/// An interface over a worker with the provider `file`, and the placeholder of [`SECRET`].
fn api() -> (Api, String, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("s.properties");
    fs::write(&file, format!("password={SECRET}\n")).unwrap();
    let class = "org.apache.kafka.common.config.provider.FileConfigProvider";
    let setup = Setup::with(&[("config.providers", "file"), ("config.providers.file.class", class)]);
    (Api::over(setup), format!("${{file:{}:password}}", file.display()), dir)
}

#[tokio::test]
async fn no_answer_has_the_value_of_a_placeholder() {
    let (api, placeholder, _dir) = api();
    let config = format!(
        r#"{{"connector.class":"FakeSource","topic":"t","secret":"{placeholder}","file":"/p/{placeholder}","producer.override.sasl.password":"{placeholder}""#
    );
    let broken = format!(r#"{config},"start":"say:{placeholder}"}}"#);
    let mut answers = Vec::new();
    for (name, config) in [
        ("c", format!("{config}}}")),
        ("broken", broken.clone()),
        ("tasks", format!(r#"{config},"task.start":"say:{placeholder}"}}"#)),
    ] {
        let body = format!(r#"{{"name":"{name}","config":{config}}}"#);
        answers.push((format!("POST {name}"), api.json("POST", "/connectors", &body).await.text));
    }
    api.setup.task_is("c", 0, State::Running).await;
    api.setup.connector_is("broken", State::Failed).await;
    api.setup.task_is("tasks", 0, State::Failed).await;
    let mut paths = vec![
        "/".to_owned(),
        "/connectors".to_owned(),
        "/connectors?expand=info&expand=status".to_owned(),
        "/connector-plugins?connectorsOnly=false".to_owned(),
        "/cofferdam/plugins".to_owned(),
    ];
    for name in ["c", "broken", "tasks"] {
        for resource in ["", "/config", "/status", "/tasks", "/tasks/0/status"] {
            paths.push(format!("/connectors/{name}{resource}"));
        }
        paths.push(format!("/cofferdam/connectors/{name}/grants"));
    }
    for path in paths {
        let text = api.call("GET", &path).await.text;
        answers.push((format!("GET {path}"), text));
    }
    for (method, path) in [
        ("PUT", "/connectors/broken/config"),
        ("PATCH", "/connectors/tasks/config"),
        ("PUT", "/connector-plugins/FakeSource/config/validate"),
    ] {
        answers.push((format!("{method} {path}"), api.json(method, path, &broken).await.text));
    }
    answers.push(("restart".to_owned(), api.call("POST", "/connectors/broken/restart?includeTasks=true").await.text));
    answers.push(("restart connector".to_owned(), api.call("POST", "/connectors/broken/restart").await.text));
    for (asked, text) in &answers {
        assert!(!text.contains(SECRET), "{asked}: {text}");
    }
    for asked in ["POST broken", "GET /connectors/broken/status", "GET /connectors/c/tasks", "GET /connectors/c/config"]
    {
        let (_, text) = answers.iter().find(|(found, _)| found == asked).unwrap();
        assert!(text.contains(&placeholder), "{asked}: {text}");
    }
    let grants = format!(r#"{{"grants":[{{"access":"read-file","target":"/p/{placeholder}"}}]}}"#);
    api.call("GET", "/cofferdam/connectors/c/grants").await.is(200, &grants);
    assert_eq!(
        api.setup.last_seen("connector", "secret").as_deref(),
        Some(SECRET),
        "nothing was hidden from the plugin"
    );
}

#[tokio::test]
async fn a_provider_that_fails_is_answered_as_kafka_connect_does() {
    let (api, _, dir) = api();
    let missing = dir.path().join("missing").display().to_string();
    let text = format!("Could not read properties from file {missing}");
    let config = format!(r#"{{"connector.class":"FakeSource","topic":"t","secret":"${{file:{missing}:k}}"}}"#);
    api.json("PUT", "/connectors/c/config", &config).await.fails(500, &text);
    api.json("POST", "/connectors", &format!(r#"{{"name":"c","config":{config}}}"#)).await.fails(500, &text);
    let validated = api.json("PUT", "/connector-plugins/FakeSource/config/validate", &config).await;
    validated.fails(500, &format!("org.apache.kafka.common.config.ConfigException: {text}"));
    api.call("GET", "/connectors").await.is(200, "[]");
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_told_by_its_placeholder() {
    let (api, placeholder, _dir) = api();
    let config = format!(r#"{{"connector.class":"FakeSource","topic":"t","name":"c","tasks.max":"{placeholder}"}}"#);
    let answer = api.json("PUT", "/connector-plugins/FakeSource/config/validate", &config).await;
    assert_eq!(answer.status, StatusCode::OK);
    let report: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let tasks =
        report["configs"].as_array().unwrap().iter().find(|config| config["value"]["name"] == "tasks.max").unwrap();
    let value = format!(
        r#"{{"name":"tasks.max","value":"{placeholder}","recommended_values":[],"errors":["Invalid value for configuration 'tasks.max': the value resolved from the config provider reference failed validation"],"visible":true}}"#
    );
    assert_eq!(tasks["value"].to_string(), value);
}
