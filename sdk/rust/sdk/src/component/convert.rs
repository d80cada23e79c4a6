//! Between the crate's types and those of the two worlds' exported interfaces.
//!
//! The bindings have `plugin` and `connector` twice, once per world, with types of their own. What is the same in both
//! is written once, as a macro over the world.

use std::marker::PhantomData;

/// Implements a world's exports for the classes of `C`.
pub struct Glue<C>(PhantomData<C>);

macro_rules! plugin_and_connector {
    ($bindings:ident, $component:ident, $kind:ident) => {
        mod describe {
            use crate::{
                Access, Capability, Class, ConfigKey, ExactlyOnce, Importance, Observation, Scope, Support, ValueType,
                Verdict, Width,
            };
            use $bindings::exports::cofferdam::connect::{connector, plugin};

            pub(super) fn class(class: Class) -> plugin::Description {
                plugin::Description {
                    class: class.name,
                    task_class: class.task_name,
                    kind: plugin::Kind::$kind,
                    version: class.version,
                    documentation: class.documentation,
                    config: class.config.keys.into_iter().map(key).collect(),
                    capabilities: class.capabilities.into_iter().map(capability).collect(),
                    reads: Vec::new(),
                    writes: Vec::new(),
                    memory_needed: class.memory_needed,
                    wants_acknowledgements: class.wants_acknowledgements,
                }
            }

            fn key(key: ConfigKey) -> plugin::ConfigKey {
                plugin::ConfigKey {
                    name: key.name,
                    value_type: match key.value_type {
                        ValueType::Boolean => plugin::ValueType::Boolean,
                        ValueType::String => plugin::ValueType::Text,
                        ValueType::Int => plugin::ValueType::Int,
                        ValueType::Short => plugin::ValueType::Short,
                        ValueType::Long => plugin::ValueType::Long,
                        ValueType::Double => plugin::ValueType::Double,
                        ValueType::List => plugin::ValueType::List,
                        ValueType::Class => plugin::ValueType::Class,
                        ValueType::Password => plugin::ValueType::Password,
                    },
                    importance: match key.importance {
                        Importance::High => plugin::Importance::High,
                        Importance::Medium => plugin::Importance::Medium,
                        Importance::Low => plugin::Importance::Low,
                    },
                    documentation: key.documentation,
                    required: key.required,
                    default: key.default,
                    allowed: key.allowed,
                    group: key.group,
                    display_name: key.display_name,
                    width: match key.width {
                        Width::None => plugin::Width::None,
                        Width::Short => plugin::Width::Short,
                        Width::Medium => plugin::Width::Medium,
                        Width::Long => plugin::Width::Long,
                    },
                    dependents: key.dependents,
                }
            }

            fn capability(capability: Capability) -> plugin::Capability {
                plugin::Capability {
                    access: match capability.access {
                        Access::ReadFile => plugin::Access::ReadFile,
                        Access::WriteFile => plugin::Access::WriteFile,
                        Access::ReadDirectory => plugin::Access::ReadDirectory,
                        Access::WriteDirectory => plugin::Access::WriteDirectory,
                        Access::Connect => plugin::Access::Connect,
                        Access::Http => plugin::Access::Http,
                        Access::Environment => plugin::Access::Environment,
                    },
                    scope: match capability.scope {
                        Scope::Literal(text) => plugin::Scope::Literal(text),
                        Scope::FromConfig(key) => plugin::Scope::FromConfig(key),
                        Scope::Template(text) => plugin::Scope::Template(text),
                    },
                    purpose: capability.purpose,
                }
            }

            pub(super) fn verdict(verdict: Verdict) -> plugin::Verdict {
                plugin::Verdict {
                    name: verdict.name,
                    errors: verdict.errors,
                    recommended: verdict.recommended,
                    visible: verdict.visible,
                }
            }

            pub(super) fn support(support: Support) -> connector::Support {
                connector::Support {
                    exactly_once: match support.exactly_once {
                        ExactlyOnce::Unsupported => connector::ExactlyOnce::Unsupported,
                        ExactlyOnce::Supported => connector::ExactlyOnce::Supported,
                        ExactlyOnce::Unknown => connector::ExactlyOnce::Unknown,
                    },
                    own_transaction_boundaries: support.own_transaction_boundaries,
                }
            }

            pub(super) fn observation(observation: Observation) -> connector::Observation {
                let again = observation.again.as_millis();
                connector::Observation {
                    reconfigure: observation.reconfigure,
                    again_ms: u32::try_from(again).unwrap_or(u32::MAX),
                }
            }
        }

        thread_local! {
            static CONNECTOR: std::cell::RefCell<Option<Box<dyn super::AnyConnector>>> =
                const { std::cell::RefCell::new(None) };
        }

        impl<C: $component> $bindings::exports::cofferdam::connect::plugin::Guest for crate::component::Glue<C> {
            fn describe() -> Vec<$bindings::exports::cofferdam::connect::plugin::Description> {
                crate::logging::install();
                C::classes().into_iter().map(|class| describe::class(class.class)).collect()
            }

            fn validate(
                name: String,
                config: types::Config,
            ) -> Vec<$bindings::exports::cofferdam::connect::plugin::Verdict> {
                crate::logging::install();
                let Ok((class, config)) = find::<C>(&name, config) else { return Vec::new() };
                let verdicts = Verdict::merge(class.class.config.verdicts(&config), (class.validate)(&config));
                verdicts.into_iter().map(describe::verdict).collect()
            }
        }

        impl<C: $component> $bindings::exports::cofferdam::connect::connector::Guest for crate::component::Glue<C> {
            fn supports(
                name: String,
                config: types::Config,
            ) -> $bindings::exports::cofferdam::connect::connector::Support {
                crate::logging::install();
                let support = find::<C>(&name, config).map(|(class, config)| (class.supports)(&config));
                describe::support(support.unwrap_or_default())
            }

            fn alter_offsets(
                name: String,
                config: types::Config,
                offsets: Vec<(String, Option<String>)>,
            ) -> Result<bool, types::Error> {
                crate::logging::install();
                let (class, config) = find::<C>(&name, config)?;
                Ok((class.alter_offsets)(&config, &super::changes(offsets)?)?)
            }

            fn start(name: String, config: types::Config) -> Result<(), types::Error> {
                crate::logging::install();
                let (class, config) = find::<C>(&name, config)?;
                CONNECTOR.set(Some((class.start)(config)?));
                Ok(())
            }

            fn task_configs(max_tasks: u32) -> Result<Vec<types::Config>, types::Error> {
                CONNECTOR.with_borrow_mut(|connector| match connector {
                    Some(connector) => {
                        Ok(connector.task_configs(max_tasks)?.into_iter().map(Config::into_pairs).collect())
                    }
                    None => Err(super::not_started("connector")),
                })
            }

            fn watch() -> Result<$bindings::exports::cofferdam::connect::connector::Observation, types::Error> {
                CONNECTOR.with_borrow_mut(|connector| match connector {
                    Some(connector) => Ok(describe::observation(connector.watch()?)),
                    None => Err(super::not_started("connector")),
                })
            }

            fn stop() {
                if let Some(mut connector) = CONNECTOR.take() {
                    connector.stop();
                }
            }
        }
    };
}

pub(super) use plugin_and_connector;
