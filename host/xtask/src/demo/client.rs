//! The REST API as the demo uses it.

use super::worker::Worker;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use ureq::Agent;

/// How long the worker may take until it answers.
const START: Duration = Duration::from_secs(60);

/// A client of one worker.
pub struct Client {
    agent: Agent,
    url: String,
}

impl Client {
    /// A client of the worker on this port.
    pub fn new(port: u16) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(90))).build();
        Self { agent: config.new_agent(), url: format!("http://127.0.0.1:{port}") }
    }

    /// Where the API is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the first answer.
    pub fn wait_until_up(&self, worker: &mut Worker, stop: &AtomicBool) -> Result<()> {
        let deadline = Instant::now() + START;
        while self.agent.get(format!("{}/", self.url)).call().is_err() {
            worker.must_run()?;
            if Instant::now() > deadline || stop.load(Ordering::Relaxed) {
                bail!("the worker did not answer at {}; {}", self.url, worker.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// The connector classes that the worker lists.
    pub fn classes(&self) -> Result<Vec<String>> {
        let plugins = self.get("/connector-plugins")?;
        let classes = plugins.as_array().into_iter().flatten().filter_map(|plugin| plugin.get("class")?.as_str());
        Ok(classes.map(str::to_owned).collect())
    }

    /// Creates a connector.
    pub fn create(&self, name: &str, config: &Value) -> Result<()> {
        let url = format!("{}/connectors", self.url);
        let body = json!({ "name": name, "config": config });
        let mut response = self.agent.post(&url).send_json(&body).with_context(|| format!("cannot POST to {url}"))?;
        if response.status() != 201 {
            let answer = response.body_mut().read_to_string().unwrap_or_default();
            bail!("cannot create {name}: POST /connectors answered {} {answer}", response.status());
        }
        Ok(())
    }

    /// An error with the trace if the connector or a task of it is FAILED.
    pub fn must_not_fail(&self, name: &str) -> Result<()> {
        let status = self.get(&format!("/connectors/{name}/status"))?;
        let tasks = status.get("tasks").and_then(Value::as_array).into_iter().flatten();
        for part in status.get("connector").into_iter().chain(tasks) {
            if part.get("state").and_then(Value::as_str) == Some("FAILED") {
                bail!("{name} failed: {}", part.get("trace").and_then(Value::as_str).unwrap_or("no trace"));
            }
        }
        Ok(())
    }

    /// What a path answers.
    pub fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.url);
        let mut response = self.agent.get(&url).call().with_context(|| format!("cannot GET {url}"))?;
        if response.status() != 200 {
            let answer = response.body_mut().read_to_string().unwrap_or_default();
            bail!("GET {path} answered {} {answer}", response.status());
        }
        response.body_mut().read_json().with_context(|| format!("GET {path} did not answer with JSON"))
    }
}
