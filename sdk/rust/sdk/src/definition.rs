//! Definitions of options: one definition drives validation, REST answers, forms and defaults.

use crate::Config;
use std::collections::BTreeMap;

/// The type of an option's value. Kafka: `ConfigDef.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `true` or `false`.
    Boolean,
    /// Any text.
    String,
    /// An integer of 32 bits.
    Int,
    /// An integer of 16 bits.
    Short,
    /// An integer of 64 bits.
    Long,
    /// A 64-bit float.
    Double,
    /// Texts separated by commas.
    List,
    /// A class name.
    Class,
    /// Text that is never shown.
    Password,
}

/// How much an option matters. Kafka: `ConfigDef.Importance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Importance {
    /// To be looked at by everyone.
    High,
    /// To be looked at by many.
    #[default]
    Medium,
    /// For special cases.
    Low,
}

/// How wide a form's field for an option should be. Kafka: `ConfigDef.Width`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// Not said.
    #[default]
    None,
    /// A word.
    Short,
    /// A phrase.
    Medium,
    /// A sentence.
    Long,
}

/// Looks at a value that is set; an error says what is wrong with it. It should not repeat the value, which the message has
/// already, or has hidden.
pub type Check = fn(&str) -> Result<(), String>;

/// One option.
///
/// ```
/// # use cofferdam_sdk::{ConfigKey, Importance};
/// let key = ConfigKey::int("batch.size")
///     .default("2000")
///     .range(1, None)
///     .importance(Importance::Low)
///     .doc("How many records to read at a time.");
/// ```
#[derive(Clone, Debug)]
pub struct ConfigKey {
    pub(crate) name: String,
    pub(crate) value_type: ValueType,
    pub(crate) importance: Importance,
    pub(crate) documentation: String,
    pub(crate) required: bool,
    pub(crate) default: Option<String>,
    pub(crate) allowed: Vec<String>,
    pub(crate) group: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) width: Width,
    pub(crate) dependents: Vec<String>,
    non_empty: bool,
    range: Option<(Option<i64>, Option<i64>)>,
    checks: Vec<Check>,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $value_type:ident,)*) => {
        $($(#[$doc])*
        pub fn $name(name: &str) -> Self {
            Self::new(name, ValueType::$value_type)
        })*
    };
}

impl ConfigKey {
    constructors! {
        /// An option that is true or false.
        boolean => Boolean,
        /// An option that is text.
        string => String,
        /// An option that is an integer of 32 bits.
        int => Int,
        /// An option that is an integer of 64 bits.
        long => Long,
        /// An option that is a float.
        double => Double,
        /// An option that is a list of texts.
        list => List,
        /// An option that is never shown.
        password => Password,
    }

    /// An option of any type: not required, without default, of medium importance.
    pub fn new(name: &str, value_type: ValueType) -> Self {
        Self {
            name: name.to_owned(),
            value_type,
            importance: Importance::default(),
            documentation: String::new(),
            required: false,
            default: None,
            allowed: Vec::new(),
            group: None,
            display_name: None,
            width: Width::default(),
            dependents: Vec::new(),
            non_empty: false,
            range: None,
            checks: Vec::new(),
        }
    }

    /// It must be set. The host says so when it is not.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What it is when it is not set, in the form of a value.
    #[must_use]
    pub fn default(mut self, value: &str) -> Self {
        self.default = Some(value.to_owned());
        self
    }

    /// How much it matters.
    #[must_use]
    pub fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// What it does, in full sentences.
    #[must_use]
    pub fn doc(mut self, documentation: &str) -> Self {
        self.documentation = documentation.to_owned();
        self
    }

    /// Where forms show it, and as what.
    #[must_use]
    pub fn group(mut self, group: &str, display_name: &str, width: Width) -> Self {
        self.group = Some(group.to_owned());
        self.display_name = Some(display_name.to_owned());
        self.width = width;
        self
    }

    /// Options whose validity depends on this one.
    #[must_use]
    pub fn dependents(mut self, names: &[&str]) -> Self {
        self.dependents = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Its valid values. The host checks them.
    #[must_use]
    pub fn one_of(mut self, values: &[&str]) -> Self {
        self.allowed = values.iter().map(|value| (*value).to_owned()).collect();
        self
    }

    /// It must not be the empty text.
    #[must_use]
    pub fn non_empty(mut self) -> Self {
        self.non_empty = true;
        self
    }

    /// The least and the greatest valid number.
    #[must_use]
    pub fn range(mut self, min: impl Into<Option<i64>>, max: impl Into<Option<i64>>) -> Self {
        self.range = Some((min.into(), max.into()));
        self
    }

    /// A look at a value that nothing else can describe.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// What the host cannot find wrong by itself, in Kafka's words.
    fn errors(&self, value: &str) -> Vec<String> {
        // Kafka's way to write a secret, whatever is wrong with it.
        let shown = if self.value_type == ValueType::Password { "[hidden]" } else { value };
        let wrong = |why: &str| format!("Invalid value {shown} for configuration {}: {why}", self.name);
        let mut errors = Vec::new();
        if self.non_empty && value.is_empty() {
            errors.push(wrong("String must be non-empty"));
        }
        // A value that is no number is the host's to refuse.
        if let (Some((min, max)), Ok(number)) = (self.range, value.trim().parse::<i64>()) {
            match (min, max) {
                (Some(min), _) if number < min => errors.push(wrong(&format!("Value must be at least {min}"))),
                (_, Some(max)) if number > max => errors.push(wrong(&format!("Value must be no more than {max}"))),
                _ => {}
            }
        }
        errors.extend(self.checks.iter().filter_map(|check| check(value).err()).map(|why| wrong(&why)));
        errors
    }
}

/// The options of a class, in the order in which they are shown.
#[derive(Clone, Debug, Default)]
pub struct ConfigDef {
    pub(crate) keys: Vec<ConfigKey>,
}

impl ConfigDef {
    /// Without options.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one option more.
    #[must_use]
    pub fn key(mut self, key: ConfigKey) -> Self {
        self.keys.push(key);
        self
    }

    pub(crate) fn defaults(&self) -> BTreeMap<String, String> {
        let with_default = self.keys.iter().filter(|key| !key.required);
        with_default.filter_map(|key| Some((key.name.clone(), key.default.clone()?))).collect()
    }

    /// What ranges, checks and the like have to say about a configuration.
    pub(crate) fn verdicts(&self, config: &Config) -> Vec<Verdict> {
        let remarks = self.keys.iter().map(|key| {
            let errors = config.get(&key.name).map(|value| key.errors(value)).unwrap_or_default();
            Verdict { errors, ..Verdict::on(&key.name) }
        });
        remarks.filter(|verdict| !verdict.errors.is_empty()).collect()
    }
}

/// Remarks on one option of a configuration.
///
/// ```
/// # use cofferdam_sdk::Verdict;
/// let verdict = Verdict::on("password").error("needed because `user` is set");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub(crate) name: String,
    pub(crate) errors: Vec<String>,
    pub(crate) recommended: Vec<String>,
    pub(crate) visible: bool,
}

impl Verdict {
    /// On this option; nothing wrong so far.
    pub fn on(name: &str) -> Self {
        Self { name: name.to_owned(), errors: Vec::new(), recommended: Vec::new(), visible: true }
    }

    /// Something is wrong with its value: a whole message.
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> Self {
        self.errors.push(message.into());
        self
    }

    /// Values to offer.
    #[must_use]
    pub fn recommend<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.recommended.extend(values.into_iter().map(Into::into));
        self
    }

    /// The option does not matter, given the others.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.visible = false;
        self
    }

    /// The option.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with its value.
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Adds the remarks of `more` to those on the same options.
    pub(crate) fn merge(mut all: Vec<Self>, more: Vec<Self>) -> Vec<Self> {
        for verdict in more {
            match all.iter_mut().find(|known| known.name == verdict.name) {
                Some(known) => {
                    known.errors.extend(verdict.errors);
                    known.recommended.extend(verdict.recommended);
                    known.visible &= verdict.visible;
                }
                None => all.push(verdict),
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_told() {
        let token = ConfigKey::password("token").range(1, 9).check(|_| Err("it is too short".to_owned()));
        let definition = ConfigDef::new().key(token);
        let verdicts = definition.verdicts(&Config::new([("token", "4711")], &definition));
        assert_eq!(
            verdicts[0].errors(),
            [
                "Invalid value [hidden] for configuration token: Value must be no more than 9",
                "Invalid value [hidden] for configuration token: it is too short",
            ]
        );
    }
}
