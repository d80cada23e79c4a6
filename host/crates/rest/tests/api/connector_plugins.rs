//! `/connector-plugins/…`

use crate::Api;

const SINK: &str = r#"{"class":"test.FakeSinkConnector","type":"sink","version":"1.0"}"#;
const SOURCE: &str = r#"{"class":"test.FakeSourceConnector","type":"source","version":"1.0"}"#;
const CONVERTER: &str = r#"{"class":"test.TextConverter","type":"converter"}"#;

#[tokio::test]
async fn plugins_are_listed_sinks_first() {
    let api = Api::new();
    let connectors = format!("[{SINK},{SOURCE}]");
    let all = format!("[{SINK},{SOURCE},{CONVERTER}]");
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
        "Plugin test.FakeSourceConnector not found that matches the version range [2.0,2.0], available versions: [1.0]",
    );
    api.call("GET", "/connector-plugins/FakeSource/config?version=%5B1")
        .await
        .fails(400, "Invalid version specification: [1");
    assert_eq!(api.call("GET", "/connector-plugins/FakeSource/config?version=latest").await.status, 200);
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
