//! Definitions of options. One definition drives parsing, validation, REST output and the reference docs.

use crate::value::Value;
use std::fmt;

/// The type of an option's value. Kafka: `ConfigDef.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigType {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// 32 bits.
    Int,
    /// 16 bits.
    Short,
    /// 64 bits.
    Long,
    /// 64-bit float.
    Double,
    /// Texts separated by commas.
    List,
    /// A class name.
    Class,
    /// Text that is never shown.
    Password,
}

/// How much an option matters. Kafka: `ConfigDef.Importance`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importance {
    /// High.
    High,
    /// Medium.
    Medium,
    /// Low.
    Low,
}

/// How wide a field for an option should be. Kafka: `ConfigDef.Width`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Not said.
    None,
    /// Short.
    Short,
    /// Medium.
    Medium,
    /// Long.
    Long,
}

/// What an option is when it is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// It must be set.
    Required,
    /// Null.
    Null,
    /// This text, parsed like a value.
    Value(String),
}

/// What a parsed value must satisfy; the messages are Kafka's.
#[derive(Clone, Debug, PartialEq)]
pub enum Validator {
    /// Nothing.
    None,
    /// A number between these, both ends included; never null.
    Range {
        /// Least.
        min: Option<i64>,
        /// Most.
        max: Option<i64>,
    },
    /// One of these texts.
    OneOf(Vec<String>),
    /// Not the empty text.
    NonEmptyString,
    /// A connector's name: not empty, no control characters.
    ConnectorName,
    /// One of these texts, in any case.
    OneOfIgnoringCase(Vec<String>),
    /// A list, which may be empty, without repetition and without empty items. Kafka: `ValidList.anyNonDuplicateValues`.
    UniqueList,
    /// A list of names, each used once (`transforms`, `predicates`, `topic.creation.groups`).
    UniqueAliases,
    /// A list with at least one item, without repetition and without empty items. Kafka:
    /// `ValidList.anyNonDuplicateValues(false, false)`.
    UniqueFilledList,
    /// A regular expression.
    Regex,
    /// What the class alone knows to check.
    Rule(Rule),
    /// The first of these that is not satisfied speaks. Kafka: `CompositeValidator`.
    All(Vec<Validator>),
    /// As of the option that is called so where it is defined, which messages call by that name although it is shown
    /// under another. Kafka: `ConfigDef.embed`.
    Embedded(String, Box<Validator>),
}

/// What a class checks by a function of its own. Kafka: `LambdaValidator`.
#[derive(Clone, Copy)]
pub struct Rule {
    /// What is allowed, in words.
    pub allowed: &'static str,
    /// Given the option's name and value: the whole message if something is wrong.
    pub check: fn(&str, &Value) -> Option<String>,
}

/// Rules are the same if they allow the same.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.allowed == other.allowed
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.allowed)
    }
}

/// One option.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigKey {
    /// Name.
    pub name: String,
    /// Type.
    pub config_type: ConfigType,
    /// What it is when not set.
    pub default: DefaultValue,
    /// What a value must satisfy.
    pub validator: Validator,
    /// How much it matters.
    pub importance: Importance,
    /// What it does.
    pub documentation: String,
    /// Where it is shown.
    pub group: Option<String>,
    /// Position in its group, from 1; -1 without a group.
    pub order_in_group: i32,
    /// How wide.
    pub width: Width,
    /// What it is called in a form; the name if nothing better.
    pub display_name: String,
    /// Options whose validity depends on this one.
    pub dependents: Vec<String>,
}

/// Options in the order of their definition.
#[derive(Clone, Debug, std::default::Default, PartialEq)]
pub struct ConfigDef {
    /// The options.
    pub keys: Vec<ConfigKey>,
}

impl ConfigKey {
    /// An option without group, validator and dependents, called by its name.
    pub fn new(
        name: impl Into<String>,
        config_type: ConfigType,
        default: DefaultValue,
        importance: Importance,
        documentation: impl Into<String>,
    ) -> Self {
        let name = name.into();
        Self {
            display_name: name.clone(),
            name,
            config_type,
            default,
            validator: Validator::None,
            importance,
            documentation: documentation.into(),
            group: None,
            order_in_group: -1,
            width: Width::None,
            dependents: Vec::new(),
        }
    }

    /// Where the option is shown, and as what.
    #[must_use]
    pub fn group(mut self, group: &str, order: i32, width: Width, display_name: &str) -> Self {
        self.group = Some(group.to_owned());
        self.order_in_group = order;
        self.width = width;
        self.display_name = display_name.to_owned();
        self
    }

    /// What its value must satisfy.
    #[must_use]
    pub fn validator(mut self, validator: Validator) -> Self {
        self.validator = validator;
        self
    }

    /// Options whose validity depends on this one.
    #[must_use]
    pub fn dependents(mut self, names: &[&str]) -> Self {
        self.dependents = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }
}

impl DefaultValue {
    /// A default that is this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Value(text.into())
    }
}

impl ConfigDef {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more option; an option of the same name is replaced where it stands.
    #[must_use]
    pub fn define(mut self, key: ConfigKey) -> Self {
        match self.keys.iter_mut().find(|known| known.name == key.name) {
            Some(known) => *known = key,
            None => self.keys.push(key),
        }
        self
    }

    /// The option of this name.
    pub fn key(&self, name: &str) -> Option<&ConfigKey> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl ConfigType {
    /// As Kafka writes it (`STRING`, `INT`, …).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Int => "INT",
            Self::Short => "SHORT",
            Self::Long => "LONG",
            Self::Double => "DOUBLE",
            Self::List => "LIST",
            Self::Class => "CLASS",
            Self::Password => "PASSWORD",
        }
    }
}

impl Importance {
    /// As Kafka writes it (`HIGH`, …).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }
}

impl Width {
    /// As Kafka writes it (`NONE`, …).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Short => "SHORT",
            Self::Medium => "MEDIUM",
            Self::Long => "LONG",
        }
    }
}
