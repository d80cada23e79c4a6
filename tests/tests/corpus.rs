//! The recorded corpus: Cofferdam answers what Kafka Connect answered, but for what is written down as decided.

use cofferdam_tests::corpus::{Named, against_cofferdam, against_kafka_connect, load};
use cofferdam_tests::{Jars, RealKafka};
use std::collections::BTreeSet;

/// Every operation of the REST API (rest.md §3), `{}` for what a client chooses.
const ENDPOINTS: [&str; 32] = [
    "GET /",
    "GET /health",
    "GET /connectors",
    "POST /connectors",
    "GET /connectors/{}",
    "DELETE /connectors/{}",
    "GET /connectors/{}/config",
    "PUT /connectors/{}/config",
    "PATCH /connectors/{}/config",
    "GET /connectors/{}/status",
    "POST /connectors/{}/restart",
    "PUT /connectors/{}/pause",
    "PUT /connectors/{}/resume",
    "PUT /connectors/{}/stop",
    "GET /connectors/{}/tasks",
    "POST /connectors/{}/tasks",
    "PUT /connectors/{}/fence",
    "GET /connectors/{}/tasks/{}/status",
    "POST /connectors/{}/tasks/{}/restart",
    "GET /connectors/{}/topics",
    "PUT /connectors/{}/topics/reset",
    "GET /connectors/{}/offsets",
    "PATCH /connectors/{}/offsets",
    "DELETE /connectors/{}/offsets",
    "GET /connectors/{}/tasks-config",
    "GET /connector-plugins",
    "GET /connector-plugins/{}/config",
    "PUT /connector-plugins/{}/config/validate",
    "GET /admin/loggers",
    "GET /admin/loggers/{}",
    "PUT /admin/loggers/{}",
    "OPTIONS /connectors",
];

fn corpus() -> Vec<Named> {
    load().unwrap_or_else(|error| panic!("{error:#}"))
}

/// What Cofferdam does not do as Kafka Connect yet: `CASE #STEP` by line. To be emptied, never to be added to.
fn not_yet() -> BTreeSet<String> {
    let lines = include_str!("../rest/not-yet.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).map(str::to_owned).collect()
}

#[test]
fn cofferdam_answers_as_recorded() {
    let report = against_cofferdam(corpus()).unwrap_or_else(|error| panic!("{error:#}"));
    let (red, known) = (report.red(), not_yet());
    for step in known.difference(&red) {
        eprintln!("{step} is as recorded by now: its line in tests/rest/not-yet.txt can go");
    }
    let report = report.without(&known);
    assert!(report.is_green(), "{report}");
}

#[test]
fn the_real_thing_still_answers_as_recorded() {
    let test = "corpus::the_real_thing_still_answers_as_recorded";
    let (Some(bootstrap), Some(jars)) = (RealKafka::bootstrap(test), Jars::find(test)) else { return };
    let report = against_kafka_connect(&bootstrap, &jars, corpus()).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(report.is_green(), "{report}");
}

/// A deviation is one because a row of the table says so, and only one row.
#[test]
fn every_deviation_names_a_row_of_the_table() {
    let table = include_str!("../../host/docs/deviations.md");
    let cells: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect();
    for named in corpus() {
        for here in named.case.steps.iter().filter_map(|step| step.here.as_ref()) {
            assert!(!here.deviations.is_empty(), "{}: a deviation without a row", named.name);
            for deviation in &here.deviations {
                let rows = cells.iter().filter(|cell| cell.contains(deviation)).count();
                assert_eq!(rows, 1, "{}: {deviation:?} names {rows} rows of deviations.md", named.name);
            }
        }
    }
}

#[test]
fn every_endpoint_is_asked() {
    if std::env::var_os("COFFERDAM_CORPUS").is_some() {
        return;
    }
    let corpus = corpus();
    let asked: BTreeSet<String> = corpus
        .iter()
        .flat_map(|named| &named.case.steps)
        .map(|step| {
            let (method, target) = step.method_and_target();
            format!("{method} {}", target.split('?').next().unwrap_or_default())
        })
        .collect();
    let fits = |endpoint: &str, request: &str| {
        let (endpoint, request): (Vec<_>, Vec<_>) = (endpoint.split('/').collect(), request.split('/').collect());
        endpoint.len() == request.len()
            && endpoint.iter().zip(request).all(|(one, other)| *one == "{}" || *one == other)
    };
    let missing: Vec<_> =
        ENDPOINTS.iter().filter(|endpoint| !asked.iter().any(|request| fits(endpoint, request))).collect();
    assert!(missing.is_empty(), "nobody asks {missing:?}");
}
