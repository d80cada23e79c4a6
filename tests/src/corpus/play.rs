//! Playing a case against a worker.

use super::case::{Case, Reply, Step};
use super::http::{Request, exchange};
use super::normal::Normal;
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a state is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same in a case that has already waited in vain: it is red, and all there is to learn is what else is.
const IMPATIENCE: Duration = Duration::from_millis(500);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(25);

/// A worker to play against, and the directory that it shares with the test.
#[derive(Clone, Debug)]
pub struct Place {
    /// `host:port`.
    pub address: String,
    pub data: PathBuf,
}

/// The answers to all steps, in order. Connectors that the case leaves behind are deleted.
pub fn play(case: &Case, place: &Place) -> Result<Vec<Reply>> {
    let normal = Normal::new(&place.address, &place.data);
    let mut patience = PATIENCE;
    let mut replies = Vec::new();
    for step in &case.steps {
        let reply = place.ask(step, &normal, patience)?;
        if !is_reached(step, &reply) {
            patience = IMPATIENCE;
        }
        replies.push(reply);
    }
    place.clear()?;
    Ok(replies)
}

impl Place {
    /// The answer to a step: the one that was waited for, or the last.
    fn ask(&self, step: &Step, normal: &Normal, patience: Duration) -> Result<Reply> {
        for (name, text) in &step.append {
            let path = self.data.join(name);
            let file = OpenOptions::new().append(true).create(true).open(&path);
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
            written.with_context(|| format!("cannot write {}", path.display()))?;
        }
        let request = self.request(step);
        let deadline = Instant::now() + patience;
        loop {
            let reply = match exchange(&self.address, &request) {
                Ok(response) => normal.reply(step, &response),
                // A connection that is closed without a word is an answer, too.
                Err(error) => Reply { status: 0, headers: [].into(), json: None, text: Some(format!("{error:#}")) },
            };
            if is_reached(step, &reply) || Instant::now() > deadline {
                return Ok(reply);
            }
            std::thread::park_timeout(PAUSE);
        }
    }

    fn request(&self, step: &Step) -> Request {
        let (method, target) = step.method_and_target();
        let mut headers: Vec<String> = step.headers.iter().map(|line| self.fill(line)).collect();
        let typed = headers.iter().any(|line| line.to_ascii_lowercase().starts_with("content-type"));
        if step.json.is_some() && !typed {
            headers.push("Content-Type: application/json".to_owned());
        }
        let body = step.json.as_ref().map(Value::to_string).or_else(|| step.text.clone());
        let body = body.map(|text| self.fill(&text).into_bytes());
        Request { method: method.to_owned(), target: self.fill(target), headers, body }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{data}", &self.data.display().to_string()).replace("{worker}", &self.address)
    }

    fn clear(&self) -> Result<()> {
        let call = |method: &str, target: &str| {
            let request = Request { method: method.into(), target: target.into(), headers: vec![], body: None };
            exchange(&self.address, &request)
        };
        let names: Vec<String> =
            serde_json::from_slice(&call("GET", "/connectors")?.body).context("no list of names")?;
        for name in names {
            call("DELETE", &format!("/connectors/{}", encoded(&name)))?;
        }
        Ok(())
    }
}

fn encoded(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(byte).collect()
}

/// Whether an answer is what its step waits for.
pub fn is_reached(step: &Step, reply: &Reply) -> bool {
    step.until.iter().all(|(place, wanted)| has(reply, place, wanted))
}

fn has(reply: &Reply, place: &str, wanted: &Value) -> bool {
    if place == "status" {
        return *wanted == reply.status;
    }
    let found = reply.json.as_ref().and_then(|json| json.pointer(place));
    found.unwrap_or(&Value::Null) == wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_state_is_reached_when_all_values_are_there() {
        let reply = Reply { status: 200, headers: [].into(), json: Some(json!({"a": [{"b": "c"}]})), text: None };
        assert!(has(&reply, "/a/0/b", &json!("c")) && has(&reply, "status", &json!(200)));
        assert!(has(&reply, "/a/1", &Value::Null) && !has(&reply, "/a/0/b", &json!("d")));
    }

    #[test]
    fn names_are_percent_encoded() {
        assert_eq!(encoded("a b;é"), "a%20b%3B%C3%A9");
    }
}
