//! Capabilities that no guest is granted yet: the network, HTTP and environment variables.
//!
//! A plugin may declare them. A configuration that names a target for one is refused when it is validated, on the key
//! that names it, rather than failing when the connector runs.

use cofferdam_config::SandboxConfig;
use cofferdam_plugin::{Access, ConfigMap, PluginDesc, Scope, Verdict};

/// Errors on the keys of `config` that name an address or a variable which the plugin would not be able to reach.
pub(crate) fn refusals(desc: &PluginDesc, config: &ConfigMap, sandbox: &SandboxConfig) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = Vec::new();
    for capability in &desc.capabilities {
        let (setting, allowed) = match capability.access {
            Access::Connect | Access::Http => ("sandbox.net.allow", !sandbox.net_allow.is_empty()),
            Access::Environment => ("sandbox.env.allow", !sandbox.env_allow.is_empty()),
            Access::ReadFile | Access::WriteFile | Access::ReadDirectory | Access::WriteDirectory => continue,
        };
        let why = if allowed {
            format!("this version grants no `{}`, whatever {setting} says", capability.access.as_str())
        } else {
            format!("not within {setting} of this worker")
        };
        for key in keys(&capability.scope) {
            if let Some(value) = config.get(key).filter(|value| !value.is_empty()) {
                let error = format!("Invalid value {value} for configuration {key}: {why}");
                if !verdicts.iter().any(|verdict| verdict.name == key) {
                    verdicts.push(Verdict {
                        name: key.to_owned(),
                        errors: vec![error],
                        recommended: Vec::new(),
                        visible: true,
                    });
                }
            }
        }
    }
    verdicts
}

/// The configuration keys that a scope's target comes from.
fn keys(scope: &Scope) -> Vec<&str> {
    match scope {
        Scope::Literal(_) => Vec::new(),
        Scope::FromConfig(key) => vec![key],
        Scope::Template(template) => {
            template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(key, _)| key)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_scopes() {
        assert_eq!(keys(&Scope::Template("{bucket}.s3.{region}.amazonaws.com:443".into())), ["bucket", "region"]);
        assert_eq!(keys(&Scope::FromConfig("url".into())), ["url"]);
        assert!(keys(&Scope::Literal("*.example.com:443".into())).is_empty());
    }
}
