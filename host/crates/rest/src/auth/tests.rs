//! Requests and users, against a router of two routes. Time is virtual: failures are answered late.

use super::*;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cofferdam_config::LoginConfig;
use futures::future::join_all;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tower::ServiceExt as _;

const MODULE: &str = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule";

/// As `htpasswd -nbB -C 4` makes it.
pub(super) fn bcrypt(password: &str) -> String {
    bcrypt::hash_with_salt(password, 4, [7; 16]).unwrap().format_for_version(bcrypt::Version::TwoY)
}

pub(super) fn argon2(password: &str) -> String {
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    hasher.hash_password_with_salt(password.as_bytes(), b"some salt").unwrap().to_string()
}

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Our own file: alice may do everything, bob may read.
    fn passwords(&self) -> RestAuth {
        let text = format!("# users\n\nalice:{}\n bob:{}:read\r\n", bcrypt("secret"), argon2("p w"));
        RestAuth::PasswordFile(self.write("users", &text))
    }

    /// Kafka's extension with these users.
    fn extension(&self, users: &str) -> RestAuth {
        RestAuth::Extension(Some(LoginConfig::Text(jaas(&self.write("users.properties", users)))))
    }
}

fn jaas(users: &Path) -> String {
    format!("KafkaConnect {{\n  {MODULE} required\n  file=\"{}\";\n}};\n", users.display())
}

/// A router behind these users.
fn protected(config: &RestAuth) -> Router {
    let routes = Router::new().route("/connectors", any(async || "in")).route("/health", any(async || "well"));
    Auth::open(config, None).unwrap().unwrap().protect(routes)
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

async fn send(router: &Router, method: &str, path: &str, authorization: Option<&str>) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn status(router: &Router, method: &str, path: &str, authorization: Option<&str>) -> u16 {
    send(router, method, path, authorization).await.status().as_u16()
}

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
}

fn header(response: &Response, name: axum::http::HeaderName) -> Option<&str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn each_user_may_do_what_the_role_says() {
    let router = protected(&Files::new().passwords());
    let methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
    let users = [
        (Some(basic("alice", "secret")), [200; 7]),
        (Some(basic("bob", "p w")), [200, 200, 200, 403, 403, 403, 403]),
        (Some(basic("alice", "wrong")), [401; 7]),
        (Some(basic("alice", "")), [401; 7]),
        (Some(basic("bob", "secret")), [401; 7]),
        (Some(basic("Alice", "secret")), [401; 7]),
        (Some(basic("nobody", "secret")), [401; 7]),
        (Some(basic("", "secret")), [401; 7]),
        (Some(format!("Bearer {}", STANDARD.encode("alice:secret"))), [401; 7]),
        (Some("Basic !!!".to_owned()), [401; 7]),
        (Some("Basic".to_owned()), [401; 7]),
        (None, [401; 7]),
    ];
    for (user, expected) in &users {
        let answers = join_all(methods.map(|method| status(&router, method, "/connectors", user.as_deref()))).await;
        assert_eq!(answers, expected, "{user:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_no_more_than_kafka_s_and_how_to_get_in_if_the_file_is_ours() {
    let files = Files::new();
    for (config, challenge) in [
        (files.extension("alice=secret\n"), None),
        (files.passwords(), Some("Basic realm=\"cofferdam\", charset=\"UTF-8\"")),
    ] {
        let router = protected(&config);
        for user in [None, Some(basic("alice", "wrong")), Some("Basic !!!".to_owned())] {
            let response = send(&router, "GET", "/connectors", user.as_deref()).await;
            assert_eq!(response.status(), 401);
            assert_eq!(header(&response, WWW_AUTHENTICATE), challenge);
            assert_eq!(header(&response, CONTENT_TYPE), Some("text/plain; charset=utf-8"));
            assert_eq!(text(response).await, "User cannot access the resource.");
        }
    }
    let router = protected(&files.passwords());
    let response = send(&router, "PUT", "/connectors", Some(&basic("bob", "p w"))).await;
    assert_eq!(header(&response, CONTENT_TYPE), Some("application/json"));
    let message = "The role of this user allows to read only, not PUT.";
    assert_eq!(text(response).await, format!(r#"{{"error_code":403,"message":"{message}"}}"#));
}

#[tokio::test(start_paused = true)]
async fn only_health_needs_no_user() {
    let router = protected(&Files::new().passwords());
    for path in [
        "/",
        "/connectors",
        "/unknown",
        "/health/x",
        "/health;a=b",
        "/%68ealth",
        "//health",
        "/health/../connectors",
        "/Health",
    ] {
        assert_eq!(status(&router, "GET", path, None).await, 401, "{path}");
    }
    assert_eq!(status(&router, "GET", "/health", None).await, 200);
    assert_eq!(status(&router, "GET", "/health?x=y", None).await, 200);
    // A wrong user is not looked at there.
    assert_eq!(status(&router, "GET", "/health", Some(&basic("alice", "wrong"))).await, 200);
}

#[tokio::test(start_paused = true)]
async fn users_of_kafka_s_extension_get_in() {
    let files = Files::new();
    let router = protected(&files.extension("alice=secret\nbob:p:w\nempty=\nspace=\\ lead\n\u{fc}ser=\u{e4}\n"));
    for (user, password, expected) in [
        ("alice", "secret", 200),
        ("bob", "p:w", 200),
        ("empty", "", 200),
        ("space", " lead", 200),
        ("\u{fc}ser", "\u{e4}", 200),
        ("alice", "secre", 401),
        ("alice", "secret ", 401),
        ("empty", "x", 401),
        ("bob", "p", 401),
        ("carol", "", 401),
    ] {
        assert_eq!(status(&router, "PUT", "/connectors", Some(&basic(user, password))).await, expected, "{user}");
    }
}

#[tokio::test]
async fn kafka_opts_names_the_login_configuration() {
    let files = Files::new();
    let login = files.write("jaas.conf", &jaas(&files.write("users.properties", "alice=secret\n")));
    let login = login.display();
    for opts in [
        format!("-Djava.security.auth.login.config={login}"),
        format!("-Xmx1g '-Djava.security.auth.login.config=={login}' -Dx=y"),
        format!("-Djava.security.auth.login.config=/nowhere -Djava.security.auth.login.config=\"file://{login}\""),
    ] {
        assert!(Auth::open(&RestAuth::Extension(None), Some(&opts)).unwrap().is_some(), "{opts}");
    }
    // Our own key counts more.
    let own = RestAuth::Extension(Some(LoginConfig::File(files.0.path().join("jaas.conf"))));
    assert!(Auth::open(&own, Some("-Djava.security.auth.login.config=/nowhere")).is_ok());
    for opts in [None, Some(""), Some("-Dx=-Djava.security.auth.login.config=/x")] {
        let error = Auth::open(&RestAuth::Extension(None), opts).unwrap_err().to_string();
        assert!(error.contains("set rest.auth.jaas.config to its path or text, or KAFKA_OPTS="), "{error}");
    }
    assert!(Auth::open(&RestAuth::Everybody, None).unwrap().is_none());
}

fn refused(config: &RestAuth) -> String {
    Auth::open(config, None).unwrap_err().to_string()
}

#[test]
fn a_login_configuration_that_is_wrong_is_told_with_key_file_and_line() {
    let files = Files::new();
    let login = |text: &str| {
        let path = files.write("jaas.conf", text);
        (refused(&RestAuth::Extension(Some(LoginConfig::File(path.clone())))), path.display().to_string())
    };
    let (error, path) = login("KafkaConnect {\n  x required\n  file=\"a\n};");
    assert_eq!(error, format!("rest.auth.jaas.config: {path}, line 3: a value is not closed by \""));
    let (error, _) = login("KafkaClient { x required; };");
    assert!(error.contains("jaas.conf has no entry KafkaConnect with a login module; expected"), "{error}");
    let (error, _) = login("KafkaConnect { };");
    assert!(error.contains("has no entry KafkaConnect with a login module"), "{error}");
    let (error, _) = login("\nKafkaConnect { com.sun.security.auth.module.LdapLoginModule required; };");
    assert!(
        error.contains("line 2: the login module com.sun.security.auth.module.LdapLoginModule is not supported"),
        "{error}"
    );
    let (error, _) = login(&format!("KafkaConnect {{ {MODULE} required; }};"));
    assert!(error.contains("line 1: Property Credentials file must be specified"), "{error}");
    let (error, _) = login(&format!("KafkaConnect {{ {MODULE} required file=\"x\";\n {MODULE} optional; }};"));
    assert!(error.contains("line 2: one login module is supported"), "{error}");
    let (error, _) = login(&format!("KafkaConnect {{ {MODULE} required file=\"/nowhere/users\"; }};"));
    assert!(error.starts_with("rest.auth.jaas.config: could not read properties from /nowhere/users: "), "{error}");
    let error = refused(&RestAuth::Extension(Some(LoginConfig::File("/nowhere/jaas".into()))));
    assert!(error.starts_with("rest.auth.jaas.config: cannot read /nowhere/jaas: "), "{error}");
    // Kafka lets everybody in.
    let error = refused(&files.extension("# nobody\n"));
    assert!(error.contains("users.properties names no user, so nobody could use REST"), "{error}");
}

#[test]
fn a_password_file_that_is_wrong_is_told_with_key_file_and_line() {
    let files = Files::new();
    let error = |text: &str| refused(&RestAuth::PasswordFile(files.write("users", text)));
    let good = format!("alice:{}\n", bcrypt("secret"));
    for (text, line, cause) in [
        (format!("# x\n{good}bob\n"), 3, "expected USER:HASH or USER:HASH:ROLE"),
        (format!("{good}bob:a:read:more\n"), 2, "expected USER:HASH or USER:HASH:ROLE"),
        (format!("{good}:{}\n", bcrypt("x")), 2, "the user has no name"),
        (format!("{good}{good}"), 2, "a line above has the same user"),
        (format!("bob:{}:root\n", bcrypt("x")), 1, "the role is neither admin nor read"),
        ("bob:secret\n".to_owned(), 1, "expected a hash of bcrypt ($2y$…) or Argon2 ($argon2id$…)"),
    ] {
        let path = files.0.path().join("users");
        let told = error(&text);
        assert_eq!(told, format!("rest.auth.password.file: {}, line {line}: {cause}", path.display()));
    }
    assert!(error("\n# nobody\n").contains("users names no user, so nobody could use REST"));
    let missing = refused(&RestAuth::PasswordFile("/nowhere/users".into()));
    assert!(missing.starts_with("rest.auth.password.file: cannot read /nowhere/users: "), "{missing}");
}
