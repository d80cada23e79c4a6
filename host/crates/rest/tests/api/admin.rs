//! `admin.listeners`

use crate::served::Served;

const MAIN: &str = "listeners=http://127.0.0.1:0\n";

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn administrative_listeners_serve_administrative_resources_alone() {
    let served = Served::new(&format!("{MAIN}admin.listeners=http://127.0.0.1:0\n")).await;
    assert_eq!(served.addresses.len(), 2);
    served.setup.herder.set_ready();
    for path in ["/", "/connectors", "/health", "/connector-plugins", "/cofferdam/plugins"] {
        assert_ne!(status(&served.get(0, path).await), "404", "{path}");
        let answer = served.get(1, path).await;
        assert!(
            answer.ends_with("\r\n\r\n{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"),
            "{path}: {answer}"
        );
    }
    for path in ["/admin/loggers", "/admin/loggers/root"] {
        assert_eq!((status(&served.get(0, path).await), status(&served.get(1, path).await)), ("404", "200"), "{path}");
    }
    served.stop().await;
}

#[tokio::test]
async fn without_listeners_of_their_own_administrative_resources_are_among_the_others() {
    let served = Served::new(MAIN).await;
    assert_eq!(served.addresses.len(), 1);
    assert_eq!(status(&served.get(0, "/admin/loggers/root").await), "200");
    served.stop().await;
}

#[tokio::test]
async fn an_empty_list_switches_administrative_resources_off() {
    let served = Served::new(&format!("{MAIN}admin.listeners=\n")).await;
    assert_eq!(served.addresses.len(), 1);
    assert_eq!(status(&served.get(0, "/admin/loggers").await), "404");
    assert_eq!(status(&served.get(0, "/connectors").await), "200");
    served.stop().await;
}

#[tokio::test]
async fn headers_of_answers_are_not_for_administrative_listeners() {
    let more =
        "admin.listeners=http://127.0.0.1:0\nresponse.http.headers.config=set X-A:1\naccess.control.allow.origin=*\n";
    let served = Served::new(&format!("{MAIN}{more}")).await;
    let (regular, admin) = (served.get(0, "/nope").await, served.get(1, "/nope").await);
    assert!(regular.contains("X-A: 1\r\n") && regular.contains("Vary: Origin\r\n"), "{regular}");
    assert!(!admin.contains("X-A") && !admin.contains("Vary"), "{admin}");
    served.stop().await;
}
