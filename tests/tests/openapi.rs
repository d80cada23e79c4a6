//! The OpenAPI document says what the server does: schemathesis asks what it allows, and what it forbids.

use cofferdam_tests::ServerBuilder;
use cofferdam_tests::compat::Client;
use std::process::Command;

const CHECKS: &str =
    "status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance";

#[test]
fn no_answer_is_other_than_the_document_says() {
    let Some(schemathesis) = Client::find("openapi::no_answer_is_other_than_the_document_says", "openapi") else {
        return;
    };
    let mut server = ServerBuilder::new().file_plugins().start();
    server.rest.wait_for_class("org.apache.kafka.connect.file.FileStreamSinkConnector");
    server.rest.wait_for_class("org.apache.kafka.connect.file.FileStreamSourceConnector");
    let output = Command::new(schemathesis.program("schemathesis"))
        .current_dir(server.path("home"))
        .args(["run", &server.rest.url("/cofferdam/openapi.json"), "--checks", CHECKS, "--phases", "coverage,fuzzing"])
        .args(["--max-time", "40", "--seed", "1", "--no-color"])
        .output()
        .expect("running schemathesis");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" passed"), "{said}");
    server.must_run();
}
