//! What third-party clients of Kafka Connect see of Cofferdam: the same as of the real thing.
//!
//! `COFFERDAM_COMPAT_RECORD` in the environment has the tests of real Kafka Connect record in place of comparing.

use cofferdam_tests::compat::{Client, Difference, differences};
use cofferdam_tests::{Jars, KafkaConnect, RealKafka, ServerBuilder};
use std::collections::BTreeMap;

/// Two tests per client: along Cofferdam, and along Apache Kafka Connect.
macro_rules! walks {
    ($($test:ident $client:literal)*) => {
        $(#[test] fn $test() { along_cofferdam(stringify!($test), $client); })*

        mod real {
            $(#[test] fn $test() { super::along_kafka_connect(concat!("real::", stringify!($test)), $client); })*
        }

        const CLIENTS: &[&str] = &[$($client),*];
    };
}

walks! {
    dagster_kafka "dagster-kafka"
    kafka_connect_api "kafka-connect-api"
    kafka_connect_cli "kafka-connect-cli"
    kafka_connect_client_java "kafka-connect-client-java"
    kafka_connect_client_js "kafka-connect-client-js"
    kafka_connect_healthcheck "kafka-connect-healthcheck"
    kafka_connect_py_0_10_11 "kafka-connect-py-0.10.11"
    kafka_connect_py_1_0_0 "kafka-connect-py-1.0.0"
    kafka_connect_watcher "kafka-connect-watcher"
    kafkaconnect "kafkaconnect"
    kpops "kpops"
}

#[test]
fn every_client_has_its_tests() {
    let entries = std::fs::read_dir(Client::all()).expect("the clients");
    let directories = entries.map(|entry| entry.expect("a client")).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = directories.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "__pycache__");
    names.sort();
    assert_eq!(names, CLIENTS);
}

fn along_cofferdam(test: &str, client: &str) {
    let Some(client) = Client::find(test, client) else { return };
    let server = ServerBuilder::new().file_plugins().start();
    server.rest.wait_for_class("org.apache.kafka.connect.file.FileStreamSinkConnector");
    server.rest.wait_for_class("org.apache.kafka.connect.file.FileStreamSourceConnector");
    let seen = client.walk(&server.rest.url(""), &server.path("data"));
    let recorded = client.recorded();
    let (left, idle) = client.allowed().judge(&differences(&recorded, &seen));
    eprintln!("{} steps, {} of them differ where none may", recorded.len(), steps(&left));
    assert!(left.is_empty(), "what is not as with Kafka Connect:\n{}", told(&left));
    assert!(idle.is_empty(), "tests.allow may only shrink, and nothing differs by these lines:\n{}", idle.join("\n"));
}

fn along_kafka_connect(test: &str, client: &str) {
    let Some(client) = Client::find(test, client) else { return };
    let (Some(bootstrap), Some(jars)) = (RealKafka::bootstrap(test), Jars::find(test)) else { return };
    let connect = KafkaConnect::start(&jars, &bootstrap, false, &BTreeMap::new()).expect("Kafka Connect");
    let seen = client.walk(&format!("http://{}", connect.address()), &connect.data());
    if std::env::var_os("COFFERDAM_COMPAT_RECORD").is_some() {
        client.record(&seen);
        return;
    }
    let found = differences(&client.recorded(), &seen);
    assert!(found.is_empty(), "the recording is not what Kafka Connect does:\n{}", told(&found));
}

fn told(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("{difference}\n")).collect()
}

fn steps(differences: &[Difference]) -> usize {
    let mut names: Vec<&str> = differences.iter().map(|difference| difference.step.as_str()).collect();
    names.dedup();
    names.len()
}
