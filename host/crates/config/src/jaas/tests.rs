use super::*;

const MODULE: &str = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";

fn error(text: &str) -> String {
    parse_login_config(text).unwrap_err().to_string()
}

#[test]
fn kafka_s_own_example_is_read() {
    let text = format!("KafkaConnect {{\n  {MODULE} required\n  file=\"/etc/users.properties\";\n}};\n");
    let entries = parse_login_config(&text).unwrap();
    let module = LoginModule {
        class: MODULE.to_owned(),
        flag: ControlFlag::Required,
        options: BTreeMap::from([("file".to_owned(), "/etc/users.properties".to_owned())]),
        line: 2,
    };
    assert_eq!(entries, BTreeMap::from([("KafkaConnect".to_owned(), vec![module])]));
}

#[test]
fn entries_modules_comments_and_quotes() {
    let text = "// one\n/* two\n * lines */ Client { a.B SUFFICIENT; /**/ a.C$D optional debug=true x='q\\'\"' ; };\n\
                \"Kafka Server\" {};";
    let entries = parse_login_config(text).unwrap();
    let client = &entries["Client"];
    assert_eq!((client[0].class.as_str(), client[0].flag, client[0].line), ("a.B", ControlFlag::Sufficient, 3));
    assert_eq!((client[1].class.as_str(), client[1].flag), ("a.C$D", ControlFlag::Optional));
    assert_eq!((client[1].options["debug"].as_str(), client[1].options["x"].as_str()), ("true", "q'\""));
    assert!(entries["Kafka Server"].is_empty());
    assert!(parse_login_config("").unwrap().is_empty());
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    assert_eq!(error("A {\n m required }"), "line 2: expected the name of an option, or ; after the last one, found }");
    assert_eq!(error("A {\n m required;\n}"), "line 3: expected ; after the } of an entry, found the end");
    assert_eq!(
        error("A {\n m file=\"x\"; };"),
        "line 2: expected required, requisite, sufficient or optional after the login module"
    );
    assert_eq!(error("A { m required file=\"x\n\"; };"), "line 1: a value is not closed by \"");
    assert_eq!(error("\n/* never"), "line 2: a comment is not closed by */");
    assert_eq!(error("A { m required password secret; };"), "line 1: expected = after the name of an option");
    assert_eq!(error("A {}; A {};"), "line 1: the entry A is there twice");
    assert_eq!(
        error("A { m required f=\"${x}\"; };"),
        "line 1: ${…} in the value of f is not expanded; write the value itself"
    );
    assert_eq!(error("A"), "line 1: expected { after the name of an entry, found the end");
}
