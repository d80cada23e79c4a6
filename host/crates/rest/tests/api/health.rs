//! `/health`

use crate::Api;
use crate::support::Setup;
use std::time::Duration;

#[tokio::test]
async fn a_ready_worker_is_healthy() {
    let api = Api::new();
    api.setup.herder.set_ready();
    let body = r#"{"status":"healthy","message":"Worker has completed startup and is ready to handle requests."}"#;
    api.call("GET", "/health").await.is(200, body);
    api.call("GET", "/health/").await.is(200, body);
}

#[tokio::test]
async fn a_worker_that_still_starts_says_so() {
    let mut setup = Setup::new();
    setup.herder = setup.herder.with_timeouts(Duration::from_secs(5), Duration::from_millis(50));
    let body = r#"{"status":"starting","message":"Worker is still starting up."}"#;
    Api::over(setup).call("GET", "/health").await.is(503, body);
}

#[tokio::test]
async fn a_worker_that_goes_down_says_so() {
    let api = Api::new();
    api.setup.herder.set_ready();
    api.setup.herder.shutdown().await;
    api.call("GET", "/health").await.fails(500, "The herder is shutting down");
}
