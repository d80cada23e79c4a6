//! The whole interface behind users.

use crate::Api;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use cofferdam_config::{LoginConfig, RestAuth};
use cofferdam_rest::Auth;

/// `bob:secret`, as `htpasswd -nbB -C 4` makes it, and the header that goes with it.
const READER: &str = "bob:$2y$04$zVHmKQtGGQob.b/Nc7l9NOk4HbPMyPVpyJheR4LCaMZgl/Y71rZDK:read";
const BOB: &str = "Basic Ym9iOnNlY3JldA==";

fn protected(config: &RestAuth) -> Api {
    let mut api = Api::new();
    api.setup.herder.set_ready();
    api.router = Auth::open(config, None).unwrap().unwrap().protect(api.router);
    api
}

fn request(method: &str, path: &str, authorization: &str, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
    request.header(AUTHORIZATION, authorization).body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_reader_reads_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("users");
    std::fs::write(&file, READER).unwrap();
    let api = protected(&RestAuth::PasswordFile(file));
    for path in ["/connectors", "/", "/admin/loggers/root", "/health"] {
        assert_eq!(api.send(request("GET", path, BOB, "")).await.status, 200, "{path}");
    }
    let body = r#"{"name":"c","config":{"connector.class":"FakeSource","topic":"t"}}"#;
    let answer = api.send(request("POST", "/connectors", BOB, body)).await;
    answer.fails(403, "The role of this user allows to read only, not POST.");
    assert!(!api.setup.is_configured("c"));
    let answer = api.send(request("PUT", "/admin/loggers/root", BOB, r#"{"level":"OFF"}"#)).await;
    answer.fails(403, "The role of this user allows to read only, not PUT.");
}

#[tokio::test]
async fn without_a_user_only_health_answers() {
    let directory = tempfile::tempdir().unwrap();
    let users = directory.path().join("users.properties");
    std::fs::write(&users, "bob=secret").unwrap();
    let module = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";
    let login = format!("KafkaConnect {{ {module} required file=\"{}\"; }};", users.display());
    let api = protected(&RestAuth::Extension(Some(LoginConfig::Text(login))));
    for (method, path) in [
        ("GET", "/"),
        ("HEAD", "/connectors"),
        ("OPTIONS", "/connectors"),
        ("GET", "/connectors/"),
        ("GET", "/unknown"),
        ("POST", "/connectors"),
        ("PUT", "/admin/loggers/root"),
        ("GET", "/cofferdam/plugins"),
    ] {
        let answer = api.call(method, path).await;
        assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, None), "{method} {path}");
        assert_eq!(answer.text, "User cannot access the resource.");
    }
    assert_eq!(api.call("GET", "/health").await.status, 200);
    assert_eq!(api.call("GET", "/health/").await.status, 200);
    api.send(request("GET", "/connectors", BOB, "")).await.is(200, "[]");
}
