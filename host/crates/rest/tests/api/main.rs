//! Whole answers of the REST interface, against a herder with plugins written in Rust. Files mirror the URL tree.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends where something is not as it must be")]

mod admin;
mod answer_headers;
mod auth;
mod cofferdam;
mod connector_plugins;
mod connectors;
mod content;
mod health;
mod https;
mod limits;
mod listener;
mod loggers;
mod openapi;
mod origins;
mod providers;
mod root;
mod served;
#[path = "../../../herder/tests/support/mod.rs"]
mod support;
mod transport;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Request, StatusCode};
use cofferdam_config::{RestConfig, WorkerConfig, properties};
use std::path::Path;
use support::Setup;
use tower::ServiceExt as _;

/// The interface over a fresh herder.
struct Api {
    setup: Setup,
    router: Router,
}

/// An answer, taken apart.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Api {
    fn new() -> Self {
        Self::over(Setup::new())
    }

    fn over(setup: Setup) -> Self {
        let router = cofferdam_rest::router(setup.herder.clone(), &RestConfig::default(), None);
        Self { setup, router }
    }

    /// As a worker's file with these lines wants it.
    fn configured(lines: &str) -> Self {
        let setup = Setup::new();
        let router = cofferdam_rest::router(setup.herder.clone(), &configuration(lines), None);
        Self { setup, router }
    }

    /// A request without a body.
    async fn call(&self, method: &str, path: &str) -> Answer {
        self.send(Request::builder().method(method).uri(path).header(HOST, "h:8083").body(Body::empty()).unwrap()).await
    }

    /// A request with a JSON body.
    async fn json(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header(HOST, "h:8083");
        self.send(request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A request with these headers.
    async fn with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Creates a source and waits until its tasks run.
    async fn source(&self, name: &str, tasks: u32) {
        let body = format!(
            r#"{{"name":"{name}","config":{{"connector.class":"FakeSource","topic":"t","tasks.max":"{tasks}"}}}}"#
        );
        let answer = self.json("POST", "/connectors", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        for task in 0..tasks {
            self.setup.task_is(name, task, cofferdam_storage::State::Running).await;
        }
    }
}

impl Answer {
    /// Checks status and body.
    #[track_caller]
    fn is(&self, status: u16, text: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.text.as_str()), (status, text));
        self
    }

    /// Checks that it is an error, with this message.
    #[track_caller]
    fn fails(&self, status: u16, message: &str) -> &Self {
        let message = serde_json::Value::from(message);
        self.is(status, &format!(r#"{{"error_code":{status},"message":{message}}}"#));
        assert_eq!(self.header("content-type"), Some("application/json"));
        self
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What a worker's file with these lines says about REST.
fn configuration(lines: &str) -> RestConfig {
    let text = format!("bootstrap.servers=h:1\nkey.converter=K\nvalue.converter=V\n{lines}");
    let properties = properties::parse_properties(&text, "w.properties").unwrap();
    WorkerConfig::from_properties_in(&properties, "w.properties", Path::new("/")).unwrap().0.rest
}
