//! Which worker plays which cases: those that want the same properties share one.

use super::case::{Mode, Named, Reply};
use super::play::{Place, is_reached, play};
use super::report::{Outcome, Report};
use crate::connect::{ENVIRONMENT, Jars, KafkaConnect};
use crate::server::ServerBuilder;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

/// How many workers run at the same time.
const AT_ONCE: usize = 2;

/// What a worker is started with: mode, properties, and the case's name if it is for one case only.
type Kind = (Mode, BTreeMap<String, String>, Option<String>);

fn by_worker(cases: Vec<Named>) -> VecDeque<(Kind, Vec<Named>)> {
    let mut workers: BTreeMap<Kind, Vec<Named>> = BTreeMap::new();
    for named in cases {
        let own = named.case.alone.then(|| named.name.clone());
        let kind = (named.case.mode, named.case.worker.clone(), own);
        workers.entry(kind).or_default().push(named);
    }
    workers.into_iter().collect()
}

/// Runs `work` for every worker needed, a few at a time; the first error ends it.
fn each<T: Send>(cases: Vec<Named>, work: impl Fn(&Kind, Vec<Named>) -> Result<T> + Sync) -> Result<Vec<T>> {
    let queue = Mutex::new(by_worker(cases));
    let next = || queue.lock().map(|mut queue| queue.pop_front()).unwrap_or_default();
    let serve = || {
        let mut results = Vec::new();
        while let Some((kind, cases)) = next() {
            results.push(work(&kind, cases)?);
        }
        Ok(results)
    };
    let all: Vec<Result<Vec<T>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(serve)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    Ok(all.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn play_all(cases: &[Named], place: &Place) -> Result<Vec<Vec<Reply>>> {
    cases.iter().map(|named| play(&named.case, place).with_context(|| named.name.clone())).collect()
}

fn report(cases: &[Named], replies: &[Vec<Reply>], outcome: Outcome) -> Report {
    let mut report = Report::default();
    cases.iter().zip(replies).for_each(|(named, replies)| report.add(named, replies, outcome));
    report
}

fn merged(reports: Vec<Report>) -> Report {
    let mut all = Report::default();
    reports.into_iter().for_each(|report| all.merge(report));
    all
}

/// Plays the cases for standalone workers against Cofferdam.
pub fn against_cofferdam(mut cases: Vec<Named>) -> Result<Report> {
    cases.retain(|named| named.case.mode == Mode::Standalone);
    let reports = each(cases, |(_, properties, _), cases| {
        let builder = properties.iter().fold(ServerBuilder::new(), |builder, (key, value)| {
            let value = value.replace("{data}", &builder.path("data").display().to_string());
            builder.set(key, &value)
        });
        let builder = ENVIRONMENT.iter().fold(builder, |builder, (name, value)| builder.environment(name, value));
        let server = builder.file_plugins().start();
        let address = server.rest.url("").trim_start_matches("http://").to_owned();
        let replies = play_all(&cases, &Place { address, data: server.path("data") })?;
        Ok(report(&cases, &replies, Outcome::Here))
    })?;
    Ok(merged(reports))
}

/// Plays all cases against Kafka Connect.
pub fn against_kafka_connect(bootstrap: &str, jars: &Jars, cases: Vec<Named>) -> Result<Report> {
    let reports = each(cases, |kind, cases| {
        let replies = on_kafka_connect(bootstrap, jars, kind, &cases)?;
        Ok(report(&cases, &replies, Outcome::Recorded))
    })?;
    Ok(merged(reports))
}

/// Plays all cases against Kafka Connect and writes its answers into the case files. Returns what was another answer before.
pub fn record(bootstrap: &str, jars: &Jars, cases: Vec<Named>) -> Result<Report> {
    let reports = each(cases, |kind, cases| {
        let replies = on_kafka_connect(bootstrap, jars, kind, &cases)?;
        let changed = report(&cases, &replies, Outcome::Recorded);
        for (named, replies) in cases.iter().zip(&replies) {
            for (number, (step, reply)) in named.case.steps.iter().zip(replies).enumerate() {
                if !is_reached(step, reply) {
                    eprintln!("{} #{number} {}: waited in vain, the answer is {reply:?}", named.name, step.request);
                }
            }
        }
        for (mut named, replies) in cases.into_iter().zip(replies) {
            named.case.steps.iter_mut().zip(replies).for_each(|(step, reply)| step.recorded = Some(reply));
            named.store()?;
        }
        Ok(changed)
    })?;
    Ok(merged(reports))
}

fn on_kafka_connect(bootstrap: &str, jars: &Jars, kind: &Kind, cases: &[Named]) -> Result<Vec<Vec<Reply>>> {
    let (mode, properties, _) = kind;
    let worker = KafkaConnect::start(jars, bootstrap, *mode == Mode::Distributed, properties)?;
    play_all(cases, &Place { address: worker.address().to_owned(), data: worker.data() })
        .with_context(|| format!("its log ends with:\n{}", worker.end_of_log()))
}
