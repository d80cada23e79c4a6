//! `/cofferdam/…`

use crate::Api;

#[tokio::test]
async fn plugins_tell_what_they_ask_for_and_files_why_they_cannot_be_used() {
    let answer = Api::new().call("GET", "/cofferdam/plugins").await;
    let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(
        value["plugins"][0].to_string(),
        r#"{"class":"test.FakeSinkConnector","alias":"FakeSink","type":"sink","version":"1.0","location":"/plugins/fake.wasm","documentation":"A fake.","capabilities":[{"access":"read-file","scope":{"from-config":"file"},"purpose":"reads the file"}]}"#
    );
    assert_eq!(value["unusable"].to_string(), r#"[{"path":"/plugins/broken.wasm","reason":"not a component"}]"#);
}
