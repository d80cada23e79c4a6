//! `/`

use crate::Api;

#[tokio::test]
async fn the_worker_says_what_it_is() {
    let answer = Api::new().call("GET", "/").await;
    answer.is(200, r#"{"version":"4.3.1","commit":"0123456789abcdef","kafka_cluster_id":"cluster"}"#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
}
