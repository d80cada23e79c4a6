//! What a sink's definition alone cannot say: `topics`, `topics.regex` and the dead letter queue against each other.

use crate::java;
use crate::value::split_list;
use std::collections::BTreeMap;

/// What is wrong with a sink's topics: the key and the whole message. Kafka: `SinkConnectorConfig.validate`.
///
/// A regular expression that cannot be compiled is reported by the definition, not here.
pub fn topics_errors(config: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let given = |key: &str| config.get(key).map(String::as_str);
    let filled = |key: &str| given(key).filter(|text| !java::is_blank(text));
    let error = |key: &str, message: &str| (key.to_owned(), message.to_owned());
    let (topics, regex) = (filled("topics"), filled("topics.regex"));
    let mut errors = Vec::new();
    let both = match (topics, regex) {
        (Some(_), Some(_)) => Some("topics and topics.regex are mutually exclusive options, but both are set."),
        (None, None) => Some("Must configure one of topics or topics.regex"),
        _ => None,
    };
    if let Some(message) = both {
        errors.extend([error("topics", message), error("topics.regex", message)]);
    }
    let Some(dead_letters) = given("errors.deadletterqueue.topic.name").map(java::trim).filter(|text| !text.is_empty())
    else {
        return errors;
    };
    if let Some(text) = topics {
        let list = topic_list(text);
        if list.iter().any(|topic| topic == dead_letters) {
            errors.push(error(
                "topics",
                &format!(
                    "The DLQ topic '{dead_letters}' may not be included in the list of topics ('topics=[{}]') consumed \
                     by the connector",
                    list.join(", ")
                ),
            ));
        }
    }
    if let Some(text) = regex
        && regex::Regex::new(&format!("^(?:{text})$")).is_ok_and(|pattern| pattern.is_match(dead_letters))
    {
        errors.push(error(
            "topics.regex",
            &format!(
                "The DLQ topic '{dead_letters}' may not be matched by the regex for the topics ('topics.regex={text}') \
                 consumed by the connector"
            ),
        ));
    }
    errors
}

/// The items of `topics`, without empty ones and repetitions.
fn topic_list(text: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for topic in split_list(text) {
        if !topic.is_empty() && !list.contains(&topic) {
            list.push(topic);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(pairs: &[(&str, &str)]) -> Vec<String> {
        let config = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        topics_errors(&config).into_iter().map(|(key, message)| format!("{key} | {message}")).collect()
    }

    #[test]
    fn one_of_topics_and_regex() {
        assert_eq!(errors(&[("topics", "a")]), Vec::<String>::new());
        assert_eq!(errors(&[("topics.regex", "a.*"), ("topics", " ")]), Vec::<String>::new());
        assert_eq!(
            errors(&[]),
            [
                "topics | Must configure one of topics or topics.regex",
                "topics.regex | Must configure one of topics or \
                 topics.regex",
            ]
        );
        assert_eq!(
            errors(&[("topics", "a"), ("topics.regex", "b")])[0],
            "topics | topics and topics.regex are mutually exclusive options, \
             but both are set."
        );
    }

    #[test]
    fn the_dead_letter_queue_is_not_consumed() {
        let queue = ("errors.deadletterqueue.topic.name", " abc ");
        assert_eq!(
            errors(&[queue, ("topics", "abc,,b, abc")]),
            ["topics | The DLQ topic 'abc' may not be included in the \
              list of topics ('topics=[abc, b]') consumed by the connector"]
        );
        assert_eq!(
            errors(&[queue, ("topics.regex", "a.*")]),
            ["topics.regex | The DLQ topic 'abc' may not be matched by \
              the regex for the topics ('topics.regex=a.*') consumed by the connector"]
        );
        assert_eq!(errors(&[queue, ("topics.regex", "a")]), Vec::<String>::new(), "the whole name must match");
        assert_eq!(errors(&[queue, ("topics.regex", "[")]), Vec::<String>::new(), "told by the definition");
    }
}
