//! `sasl.jaas.config` and what belongs to it.

use super::SettingsError;
use super::translate::Translation;
use std::collections::BTreeMap;

const JAAS: &str = "sasl.jaas.config";
const MECHANISM: &str = "sasl.mechanism";

/// Whether a Java setting is dealt with here.
pub(super) fn owns(key: &str) -> bool {
    matches!(key, JAAS | MECHANISM)
}

impl Translation<'_> {
    /// Mechanism, user and password.
    pub(super) fn sasl(&mut self) -> Result<(), SettingsError> {
        let java = self.java;
        let mechanism = java.get(MECHANISM).or_else(|| java.get("sasl.mechanisms")).map(|name| name.trim().to_owned());
        if let Some(mechanism) = &mechanism {
            self.checked("sasl.mechanisms", mechanism, MECHANISM, mechanism)?;
        }
        let protocol = java.get("security.protocol").map_or("", |protocol| protocol.trim());
        let used = protocol.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sasl"));
        let mechanism = mechanism.unwrap_or_else(|| "GSSAPI".to_owned());
        if used && mechanism.eq_ignore_ascii_case("GSSAPI") {
            let reason = "Kerberos is not supported: use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER";
            return Err(SettingsError::new(MECHANISM, &mechanism, reason));
        }
        match java.get(JAAS) {
            Some(text) => self.jaas(text, &mechanism),
            None => Ok(()),
        }
    }

    fn jaas(&mut self, text: &str, mechanism: &str) -> Result<(), SettingsError> {
        let wrong = |reason: String| SettingsError::new(JAAS, text, reason);
        let (module, options) = parse(text).map_err(wrong)?;
        let module = module.rsplit('.').next().unwrap_or(&module).to_owned();
        let fits = match module.as_str() {
            "PlainLoginModule" => mechanism.eq_ignore_ascii_case("PLAIN"),
            "ScramLoginModule" => mechanism.to_ascii_uppercase().starts_with("SCRAM-"),
            "OAuthBearerLoginModule" => mechanism.eq_ignore_ascii_case("OAUTHBEARER"),
            // Where the module was forgotten this is an option: a password, perhaps.
            other => {
                let named = other.ends_with("LoginModule") && !other.contains('=');
                return Err(wrong(format!(
                    "{} is not supported: use PlainLoginModule, ScramLoginModule or OAuthBearerLoginModule",
                    if named { other } else { "this login module" }
                )));
            }
        };
        if !fits {
            return Err(wrong(format!("{module} does not fit {MECHANISM}={mechanism}")));
        }
        if options.get("tokenauth").is_some_and(|token| token == "true") {
            return Err(wrong("delegation tokens (tokenauth) are not supported".to_owned()));
        }
        let renamed: &[(&str, &str)] = match module.as_str() {
            "OAuthBearerLoginModule" => &[
                ("clientId", "sasl.oauthbearer.client.id"),
                ("clientSecret", "sasl.oauthbearer.client.secret"),
                ("scope", "sasl.oauthbearer.scope"),
            ],
            _ => &[("username", "sasl.username"), ("password", "sasl.password")],
        };
        for (option, name) in renamed {
            match options.get(*option) {
                Some(value) => self.checked(name, value, JAAS, text)?,
                None if module == "OAuthBearerLoginModule" => {}
                None => return Err(wrong(format!("{module} needs {option}"))),
            }
        }
        if module == "OAuthBearerLoginModule" && self.java.contains_key("sasl.oauthbearer.token.endpoint.url") {
            self.checked("sasl.oauthbearer.method", "oidc", JAAS, text)?;
        }
        Ok(())
    }
}

/// `module flag name="value" …;` as module and options.
fn parse(text: &str) -> Result<(String, BTreeMap<String, String>), String> {
    let mut tokens = tokens(text)?.into_iter();
    let (Some(module), Some(flag)) = (tokens.next(), tokens.next()) else {
        return Err("expected: <login module> required <name>=\"<value>\" …;".to_owned());
    };
    if !["required", "requisite", "sufficient", "optional"].contains(&flag.to_ascii_lowercase().as_str()) {
        // Not what stands there instead: where the flag was forgotten it may be the password.
        return Err("expected `required` after the login module".to_owned());
    }
    let mut options = BTreeMap::new();
    let mut ended = false;
    for token in tokens {
        match token.split_once('=') {
            _ if token == ";" => ended = true,
            _ if ended => return Err("only one login module may be given".to_owned()),
            Some((name, value)) => {
                options.insert(name.to_owned(), value.to_owned());
            }
            None => return Err("expected <name>=\"<value>\" for each option".to_owned()),
        }
    }
    if ended { Ok((module, options)) } else { Err("the closing `;` is missing".to_owned()) }
}

/// Words separated by white space, quotes removed, `;` a word of its own, `name = value` one word.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let (mut tokens, mut token) = (Vec::new(), None::<String>);
    let mut value_follows = false;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            quote @ ('"' | '\'') => {
                value_follows = false;
                let token = token.get_or_insert_default();
                loop {
                    match characters.next() {
                        None => return Err(format!("a value is not closed by {quote}")),
                        Some(end) if end == quote => break,
                        Some('\\') => token.extend(characters.next()),
                        Some(other) => token.push(other),
                    }
                }
            }
            ';' => {
                tokens.extend(token.take());
                tokens.push(";".to_owned());
            }
            space if space.is_whitespace() => {
                if !value_follows {
                    tokens.extend(token.take());
                }
            }
            '=' if !token.as_ref().is_some_and(|token| token.contains('=')) => {
                let mut name = token.take().or_else(|| tokens.pop()).ok_or("a value has no name")?;
                name.push('=');
                token = Some(name);
                value_follows = true;
            }
            other => {
                value_follows = false;
                token.get_or_insert_default().push(other);
            }
        }
    }
    tokens.extend(token);
    Ok(tokens)
}
