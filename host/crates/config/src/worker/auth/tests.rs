use super::*;
use crate::properties::parse_properties;
use crate::{WorkerConfig, WorkerConfigError};

const FULL: &str = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";

fn read(more: &str) -> Result<RestAuth, WorkerConfigError> {
    let text = format!("bootstrap.servers=h:9092\nkey.converter=K\nvalue.converter=V\n{more}");
    let properties = parse_properties(&text, "w.properties").unwrap();
    let (config, warnings) = WorkerConfig::from_properties_in(&properties, "w.properties", Path::new("/base"))?;
    assert_eq!(warnings, Vec::<String>::new());
    Ok(config.rest_auth)
}

#[test]
fn everybody_unless_told() {
    assert_eq!(read(""), Ok(RestAuth::Everybody));
    assert_eq!(read("rest.extension.classes=\n"), Ok(RestAuth::Everybody));
}

#[test]
fn kafka_s_extension_by_class_or_alias() {
    for class in [FULL, BASIC_AUTH] {
        assert_eq!(read(&format!("rest.extension.classes={class}\n")), Ok(RestAuth::Extension(None)));
    }
    let with = |jaas: &str| read(&format!("rest.extension.classes={FULL}\nrest.auth.jaas.config={jaas}\n"));
    assert_eq!(with("jaas.conf"), Ok(RestAuth::Extension(Some(LoginConfig::File("/base/jaas.conf".into())))));
    let text = |text: &str| Ok(RestAuth::Extension(Some(LoginConfig::Text(text.to_owned()))));
    assert_eq!(with("KafkaConnect { m required; };"), text("KafkaConnect { m required; };"));
    assert_eq!(with("m required f=\"x\";"), text("KafkaConnect { m required f=\"x\"; };"));
}

#[test]
fn a_password_file() {
    let file = RestAuth::PasswordFile("/base/etc/users".into());
    assert_eq!(read("rest.auth.password.file=etc/users\n"), Ok(file));
}

#[test]
fn what_would_not_be_checked_is_refused() {
    let error = |more: &str| read(more).unwrap_err().to_string();
    let other = error(&format!("rest.extension.classes={FULL}, com.example.Audit\n"));
    assert!(other.contains("rest.extension.classes: Class com.example.Audit could not be found."), "{other}");
    let unread = error("rest.auth.jaas.config=m required password=\"secret\";\n");
    assert!(unread.contains("rest.auth.jaas.config: nothing reads it") && !unread.contains("secret"), "{unread}");
    let both = error(&format!("rest.extension.classes={FULL}\nrest.auth.password.file=users\n"));
    assert!(both.contains("rest.auth.password.file: users come from here or from"), "{both}");
}
