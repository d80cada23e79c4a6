//! `/connector-plugins/…`

use crate::Api;
use crate::support::Setup;
use std::sync::Arc;
use std::time::Duration;

const SINK: &str = r#"{"class":"test.FakeSinkConnector","type":"sink","version":"1.0"}"#;
const SOURCES: &str = r#"{"class":"test.FakeSourceConnector","type":"source","version":"1.0"},{"class":"test.FakeSourceConnector","type":"source","version":"0.9"}"#;
const CONVERTERS: &str =
    r#"{"class":"test.TextConverter","type":"converter"},{"class":"test.TextConverter","type":"header_converter"}"#;

#[tokio::test]
async fn plugins_are_listed_sinks_first() {
    let api = Api::new();
    let connectors = format!("[{SINK},{SOURCES}]");
    let all = format!("[{SINK},{SOURCES},{CONVERTERS}]");
    api.call("GET", "/connector-plugins").await.is(200, &connectors);
    api.call("GET", "/connector-plugins?connectorsOnly=").await.is(200, &connectors);
    api.call("GET", "/connector-plugins?connectorsOnly=TRUE").await.is(200, &connectors);
    api.call("GET", "/connector-plugins?connectorsOnly=false").await.is(200, &all);
    api.call("GET", "/connector-plugins/?connectorsOnly=xx").await.is(200, &all);
}

#[tokio::test]
async fn a_class_tells_its_options_its_own_first() {
    let api = Api::new();
    let answer = api.call("GET", "/connector-plugins/FakeSource/config").await;
    let own = r#"[{"name":"topic","type":"STRING","required":true,"default_value":null,"importance":"HIGH","documentation":"A topic.","group":"Fake","order_in_group":1,"width":"LONG","display_name":"Topic","dependents":[],"order":1},{"name":"secret","type":"PASSWORD","required":false,"default_value":null,"importance":"LOW","documentation":"A secret.","group":null,"order_in_group":-1,"width":"NONE","display_name":"secret","dependents":[],"order":-1},{"name":"name","#;
    assert!(answer.text.starts_with(own), "{}", answer.text);
    api.call("GET", "/connector-plugins/Nope/config").await.fails(404, "Unknown plugin Nope.");
    api.call("GET", "/connector-plugins/FakeSource/config?version=2.0").await.fails(
        400,
        "Plugin test.FakeSourceConnector not found that matches the version range [2.0,2.0], available versions: [0.9, 1.0]",
    );
    api.call("GET", "/connector-plugins/FakeSource/config?version=%5B1")
        .await
        .fails(400, "Invalid version specification: [1");
    for version in ["latest", "1.0", "0.9", "%5B0,1%5D"] {
        let path = format!("/connector-plugins/FakeSource/config?version={version}");
        let answer = api.call("GET", &path).await;
        assert_eq!(answer.status, 200, "{version}");
        // The default is the newest, whichever version is asked about.
        let default = r#""name":"connector.plugin.version","type":"STRING","required":false,"default_value":"1.0""#;
        assert!(answer.text.contains(default), "{}", answer.text);
    }
    let none = "not found that matches the version range [,], available versions: [undefined, undefined]";
    api.call("GET", "/connector-plugins/Text/config?version=")
        .await
        .fails(400, &format!("Plugin test.TextConverter {none}"));
    api.call("GET", "/connector-plugins/EnvVarConfigProvider/config").await.fails(
        400,
        "Invalid plugin class EnvVarConfigProvider. Valid types are sink, source, converter, header_converter, \
         transformation, predicate.",
    );
}

#[tokio::test]
async fn a_configuration_is_validated() {
    let api = Api::new();
    let path = "/connector-plugins/FakeSource/config/validate";
    let answer = api.json("PUT", path, r#"{"connector.class":"FakeSource","name":"c"}"#).await;
    assert_eq!(answer.status, 200);
    let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let start = r#"{"name":"FakeSource","error_count":1,"groups":["Common","Transforms","Predicates","Error Handling","Topic Creation","Exactly Once Support","offsets.topic","Fake"],"configs":[{"definition":{"name":"name","#;
    assert!(answer.text.starts_with(start), "{}", answer.text);
    let configs = value["configs"].as_array().unwrap();
    let topic = configs.iter().find(|config| config["value"]["name"] == "topic").unwrap();
    assert_eq!(
        topic["value"].to_string(),
        r#"{"name":"topic","value":null,"recommended_values":[],"errors":["Missing required configuration \"topic\" which has no default value."],"visible":true}"#
    );
}

#[tokio::test]
async fn what_cannot_be_validated_is_answered_as_kafka_connect_does() {
    let api = Api::new();
    let path = "/connector-plugins/FakeSink/config/validate";
    api.json("PUT", path, "{}").await.fails(
        500,
        "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: Connector config contains no connector type",
    );
    api.json("PUT", path, r#"{"connector.class":"FakeSource"}"#)
        .await
        .fails(400, "Included connector type FakeSource does not match request type FakeSink");
    api.json("PUT", path, r#"{"connector.class":"FakeSink","check":"fail","topics":"t"}"#)
        .await
        .fails(500, "org.apache.kafka.connect.errors.ConnectException: asked to fail");
    api.json("PUT", path, r#"{"connector.class":"FakeSink","check":"panic","topics":"t"}"#)
        .await
        .fails(500, "The operation ended unexpectedly; the worker's log says why");
    let status = api.call("PUT", path).await.status;
    assert_eq!(status, 400);
    let wrapped = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: ";
    api.json("PUT", path, r#"{"connector.class":"FakeSink","connector.plugin.version":"[2,1]","topics":"t"}"#)
        .await
        .fails(500, &format!("{wrapped}Range defies version ordering: [2,1]"));
    let unknown = api.json("PUT", "/connector-plugins/Nope/config/validate", r#"{"connector.class":"Nope"}"#).await;
    let start = format!(
        "{{\"error_code\":500,\"message\":\"{wrapped}Failed to find any class that implements Connector and which name \
         matches Nope, available connectors are: PluginDesc{{klass=class test.FakeSinkConnector, "
    );
    assert!(unknown.status == 500 && unknown.text.starts_with(&start), "{}", unknown.text);
    // The same where a connector is created is the client's mistake, told bare.
    let asked =
        r#"{"name":"c","config":{"connector.class":"FakeSink","connector.plugin.version":"[2,1]","topics":"t"}}"#;
    api.json("POST", "/connectors", asked).await.fails(400, "Range defies version ordering: [2,1]");
}

#[tokio::test]
async fn a_plugin_that_hangs_in_validation_delays_nobody_else() {
    let mut setup = Setup::new();
    setup.herder = setup.herder.with_timeouts(Duration::from_secs(3), Duration::from_secs(3));
    setup.herder.set_ready();
    let api = Arc::new(Api::over(setup));
    let path = "/connector-plugins/FakeSource/config/validate";
    let asked = api.clone();
    let stuck = tokio::spawn(async move {
        asked.json("PUT", path, r#"{"connector.class":"FakeSource","name":"c","topic":"t","check":"hang"}"#).await
    });
    let asked = api.clone();
    let stuck_creation = tokio::spawn(async move {
        let body = r#"{"name":"c","config":{"connector.class":"FakeSource","topic":"t","check":"hang"}}"#;
        asked.json("POST", "/connectors", body).await
    });
    let fine = r#"{"connector.class":"FakeSource","name":"c","topic":"t"}"#;
    assert_eq!(api.json("PUT", path, fine).await.status, 200);
    // Even the same connector, which does not exist yet.
    assert_eq!(api.json("PUT", "/connectors/c/config", fine).await.status, 201);
    assert_eq!(api.call("GET", "/health").await.status, 200);
    assert_eq!(api.call("PUT", "/connectors/c/pause").await.status, 202);
    assert_eq!(api.call("DELETE", "/connectors/c").await.status, 204);
    assert!(!stuck.is_finished() && !stuck_creation.is_finished(), "the others were answered meanwhile");
    let stage = "Request timed out. The worker is currently performing multi-property validation for the connector, \
                 which began at 2";
    for (answer, end) in [(stuck.await.unwrap(), "Z"), (stuck_creation.await.unwrap(), "Z.")] {
        let answered: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let message = answered["message"].as_str().unwrap();
        assert_eq!(answer.status, 500);
        assert!(message.starts_with(stage) && message.ends_with(end), "{message}");
    }
}

#[tokio::test]
async fn transformations_are_described_and_validated_and_not_yet_run() {
    let api = Api::new();
    api.setup.catalog.add_chain(cofferdam_transforms::builtin());
    let answer = api.call("GET", "/connector-plugins/DropHeaders/config").await;
    let start = r#"[{"name":"headers","type":"LIST","required":true,"default_value":null,"importance":"HIGH","#;
    assert!(answer.status == 200 && answer.text.starts_with(start), "{}", answer.text);
    let config =
        r#"{"connector.class":"FakeSource","name":"c","topic":"t","transforms":"a","transforms.a.type":"Filter"}"#;
    let answer = api.json("PUT", "/connector-plugins/FakeSource/config/validate", config).await;
    assert!(answer.status == 200 && answer.text.contains(r#""error_count":0,"#), "{}", answer.text);
    api.json("PUT", "/connectors/c/config", config).await.fails(
        400,
        "Connector config sets transforms to a, but this version of Cofferdam does not run transformations and \
         predicates yet; remove transforms and the keys that begin with it",
    );
}

#[tokio::test]
async fn a_value_that_a_client_cannot_read_fails_the_request() {
    let api = Api::new();
    let config = r#"{"connector.class":"FakeSource","name":"c","topic":"t","producer.override.linger.ms":"abc"}"#;
    let text = "Invalid value abc for configuration linger.ms: Not a number of type LONG";
    api.json("PUT", "/connector-plugins/FakeSource/config/validate", config)
        .await
        .fails(500, &format!("org.apache.kafka.common.config.ConfigException: {text}"));
    api.json("PUT", "/connectors/c/config", config).await.fails(500, text);
}
