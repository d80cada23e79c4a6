//! `/cofferdam/openapi.json`

use crate::Api;
use serde_json::Value;
use std::collections::BTreeSet;

/// Each path is there, and each path of the router that this suite knows is told; so are methods, by asking for them.
#[tokio::test]
async fn the_document_tells_every_operation_and_no_other() {
    let api = Api::new();
    let document: Value = serde_json::from_str(&api.call("GET", "/cofferdam/openapi.json").await.text).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 24, "{:?}", paths.keys());
    for (path, operations) in paths {
        let asked = path.replace("{name}", "x").replace("{task}", "0");
        let answer = api.call("OPTIONS", &asked).await;
        let allowed: BTreeSet<String> =
            answer.header("allow").unwrap().split(',').map(|m| m.trim().to_owned()).collect();
        let mut told: BTreeSet<String> = operations.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
        if told.contains("GET") {
            told.insert("HEAD".to_owned());
        }
        told.insert("OPTIONS".to_owned());
        assert_eq!(allowed, told, "{path}");
        for (method, operation) in operations.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            assert!(["400", "406", "500"].iter().all(|status| answers.contains_key(*status)), "{method} {path}");
        }
    }
    for path in ["/", "/health", "/connectors", "/connectors/{name}/offsets", "/connectors/{name}/topics/reset"] {
        assert!(paths.contains_key(path), "{path}");
    }
}
