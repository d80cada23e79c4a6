//! A client of the Connect REST API that judges nothing: statuses and bodies as they are.

use crate::wait_for_within;
use serde_json::{Value, json};
use std::time::Duration;

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// The body as JSON, `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The message of an error body.
    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// A worker's REST API.
#[derive(Clone, Debug)]
pub struct Rest {
    base: String,
    agent: ureq::Agent,
}

impl Rest {
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self { base: base.trim_end_matches('/').to_owned(), agent: config.into() }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// HOST:PORT.
    pub fn address(&self) -> String {
        self.base.split_once("://").map_or(self.base.as_str(), |(_, address)| address).to_owned()
    }

    pub fn get(&self, path: &str) -> Answer {
        Self::answer(self.agent.get(self.url(path)).call())
    }

    pub fn delete(&self, path: &str) -> Answer {
        Self::answer(self.agent.delete(self.url(path)).call())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    pub fn post_text(&self, path: &str, body: &str) -> Answer {
        Self::answer(self.agent.post(self.url(path)).content_type("application/json").send(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        Self::answer(self.agent.put(self.url(path)).content_type("application/json").send(body.to_string()))
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        Self::answer(self.agent.patch(self.url(path)).content_type("application/json").send(body.to_string()))
    }

    pub fn put_empty(&self, path: &str) -> Answer {
        Self::answer(self.agent.put(self.url(path)).send_empty())
    }

    pub fn post_empty(&self, path: &str) -> Answer {
        Self::answer(self.agent.post(self.url(path)).send_empty())
    }

    fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
        match result {
            Ok(mut response) => {
                let status = response.status().as_u16();
                Answer { status, text: response.body_mut().read_to_string().unwrap_or_default() }
            }
            Err(error) => Answer { status: 0, text: error.to_string() },
        }
    }

    /// Creates a connector and insists that it was.
    pub fn create(&self, name: &str, config: Value) {
        let answer = self.post("/connectors", &json!({"name": name, "config": config}));
        assert_eq!(answer.status, 201, "creating {name}: {}", answer.text);
    }

    /// `(state, trace)` of a task; the state is empty while there is none.
    pub fn task(&self, connector: &str, task: u32) -> (String, String) {
        let answer = self.get(&format!("/connectors/{connector}/tasks/{task}/status")).json();
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        (text("state"), text("trace"))
    }

    /// Waits until a task is in this state and returns its trace.
    pub fn wait_for_task(&self, connector: &str, task: u32, state: &str) -> String {
        self.wait_for_task_within(crate::DEADLINE, connector, task, state)
    }

    /// The same with a limit of its own.
    pub fn wait_for_task_within(&self, limit: Duration, connector: &str, task: u32, state: &str) -> String {
        wait_for_within(limit, &format!("task {connector}-{task} to be {state}"), || match self.task(connector, task) {
            (now, trace) if now == state => Ok(trace),
            other => Err(other),
        })
    }

    /// Waits until a plugin class is listed.
    pub fn wait_for_class(&self, class: &str) {
        wait_for_within(crate::DEADLINE, &format!("{class} to be listed"), || {
            let plugins = self.get("/connector-plugins");
            if plugins.text.contains(&format!("\"{class}\"")) { Ok(()) } else { Err(plugins.text) }
        });
    }
}
