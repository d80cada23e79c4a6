//! Schemas in the form that `JsonConverter` uses.

use super::text;
use super::value::{self, Direction, Rules};
use serde_json::Value;

/// A parsed schema.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schema {
    pub(crate) of: Type,
    pub(super) optional: bool,
    /// The default, as JSON.
    pub(super) default: Option<String>,
    /// Which of Kafka's logical types this is, by its name and the type that belongs to it.
    pub(crate) logical: Option<Logical>,
    name: Option<String>,
    version: Option<i32>,
    doc: Option<String>,
    parameters: Option<Vec<(String, String)>>,
}

/// What a schema describes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Boolean,
    String,
    Bytes,
    Array(Box<Schema>),
    Map(Box<Schema>, Box<Schema>),
    Struct(Vec<(String, Schema)>),
}

/// Kafka's logical types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Logical {
    /// With its scale, or what is wrong with that: it is told of each value, as Kafka does.
    Decimal(Result<i64, &'static str>),
    Date,
    Time,
    Timestamp,
}

impl Logical {
    fn of(of: &Type, name: Option<&str>, parameters: &[(String, String)]) -> Option<Self> {
        match (name?.strip_prefix("org.apache.kafka.connect.data.")?, of) {
            ("Decimal", Type::Bytes) => Some(Self::Decimal(scale(parameters))),
            ("Date", Type::Int32) => Some(Self::Date),
            ("Time", Type::Int32) => Some(Self::Time),
            ("Timestamp", Type::Int64) => Some(Self::Timestamp),
            _ => None,
        }
    }
}

fn scale(parameters: &[(String, String)]) -> Result<i64, &'static str> {
    let scale = parameters.iter().find(|(name, _)| name == "scale");
    let (_, scale) = scale.ok_or("Invalid Decimal schema: scale parameter not found.")?;
    scale.parse::<i32>().map(i64::from).map_err(|_| "Invalid scale parameter found in Decimal schema: ")
}

impl Type {
    /// As Kafka's messages write it.
    pub(crate) fn shown(&self) -> &'static str {
        match self {
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Float32 => "FLOAT32",
            Self::Float64 => "FLOAT64",
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Bytes => "BYTES",
            Self::Array(_) => "ARRAY",
            Self::Map(..) => "MAP",
            Self::Struct(_) => "STRUCT",
        }
    }

    /// As schemas write it.
    fn written(&self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float32 => "float",
            Self::Float64 => "double",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Array(_) => "array",
            Self::Map(..) => "map",
            Self::Struct(_) => "struct",
        }
    }
}

impl Schema {
    /// Parses a schema's text.
    pub(super) fn from_text(definition: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(definition).map_err(|error| error.to_string())?;
        Self::parse(&json)
    }

    /// Parses a schema. Attributes of a wrong JSON type are ignored, as Kafka does. Kafka:
    /// `JsonConverter.asConnectSchema`.
    pub(super) fn parse(json: &Value) -> Result<Self, String> {
        let of = parse_type(json)?;
        let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text("name");
        let parameters = json.get("parameters").and_then(Value::as_object).map(parse_parameters).transpose()?;
        let mut schema = Self {
            logical: Logical::of(&of, name.as_deref(), parameters.as_deref().unwrap_or_default()),
            of,
            optional: json.get("optional") == Some(&Value::Bool(true)),
            default: None,
            name,
            version: json.get("version").and_then(version),
            doc: text("doc"),
            parameters,
        };
        // A null is no default, but has to be allowed.
        if let Some(default) = json.get("default").filter(|default| !(default.is_null() && schema.optional)) {
            let rules = Rules { replace_null: true, numeric_decimals: false, direction: Direction::ToConnect };
            let mut written = String::new();
            value::write(&mut written, &schema, &default.to_string(), &rules)?;
            schema.default = Some(written);
        }
        Ok(schema)
    }

    /// The schema's text as Kafka writes it; `numeric`: defaults that are decimals are numbers.
    pub(super) fn text(&self, numeric: bool) -> Result<String, String> {
        let mut text = String::new();
        self.write(&mut text, None, numeric)?;
        Ok(text)
    }

    /// Writes the schema; a struct's member with the name of its field.
    fn write(&self, out: &mut String, field: Option<&str>, numeric: bool) -> Result<(), String> {
        out.push_str("{\"type\":\"");
        out.push_str(self.of.written());
        out.push('"');
        match &self.of {
            Type::Array(items) => {
                out.push_str(",\"items\":");
                items.write(out, None, numeric)?;
            }
            Type::Map(keys, values) => {
                out.push_str(",\"keys\":");
                keys.write(out, None, numeric)?;
                out.push_str(",\"values\":");
                values.write(out, None, numeric)?;
            }
            Type::Struct(fields) => {
                out.push_str(",\"fields\":[");
                for (index, (name, schema)) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    schema.write(out, Some(name), numeric)?;
                }
                out.push(']');
            }
            _ => {}
        }
        out.push_str(if self.optional { ",\"optional\":true" } else { ",\"optional\":false" });
        self.write_attributes(out);
        if let Some(default) = &self.default {
            out.push_str(",\"default\":");
            // It is kept with base64, as records in Connect have it.
            let rules = Rules { replace_null: true, numeric_decimals: numeric, direction: Direction::FromConnect };
            value::write(out, self, default, &rules)?;
        }
        if let Some(field) = field {
            out.push_str(",\"field\":");
            text::push_string(out, field);
        }
        out.push('}');
        Ok(())
    }

    fn write_attributes(&self, out: &mut String) {
        if let Some(name) = &self.name {
            out.push_str(",\"name\":");
            text::push_string(out, name);
        }
        if let Some(version) = self.version {
            out.push_str(",\"version\":");
            out.push_str(&version.to_string());
        }
        if let Some(doc) = &self.doc {
            out.push_str(",\"doc\":");
            text::push_string(out, doc);
        }
        if let Some(parameters) = &self.parameters {
            out.push_str(",\"parameters\":{");
            for (index, (name, value)) in parameters.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                text::push_string(out, name);
                out.push(':');
                text::push_string(out, value);
            }
            out.push('}');
        }
    }

    /// What stands for a value once defaults are considered: `None` is a null that is allowed.
    pub(super) fn replace_null<'a>(&'a self, value: &'a str, rules: &Rules) -> Result<Option<&'a str>, String> {
        if value != "null" {
            return Ok(Some(value));
        }
        match &self.default {
            Some(default) if rules.replace_null => Ok(Some(default)),
            _ if self.optional => Ok(None),
            _ => Err(match rules.direction {
                Direction::ToConnect => format!("Invalid null value for required {} field", self.of.shown()),
                Direction::FromConnect => {
                    "Conversion error: null value for field that is required and has no default value".to_owned()
                }
            }),
        }
    }

    /// The scale, if this is Kafka's logical type `Decimal`.
    pub(crate) fn decimal_scale(&self) -> Result<Option<i64>, String> {
        match &self.logical {
            Some(Logical::Decimal(scale)) => scale.map(Some).map_err(str::to_owned),
            _ => Ok(None),
        }
    }
}

/// The low 32 bits of a whole number, as Java narrows it.
#[expect(clippy::cast_possible_truncation, reason = "Java narrows like that")]
fn version(json: &Value) -> Option<i32> {
    json.as_i64().map(|version| version as i32).or_else(|| json.as_u64().map(|version| version as i32))
}

fn parse_type(json: &Value) -> Result<Type, String> {
    let name = json.get("type").and_then(Value::as_str).ok_or("Schema must contain 'type' field")?;
    let part = |key: &str, missing: &str| match json.get(key) {
        Some(part) if !part.is_null() => Schema::parse(part).map(Box::new),
        _ => Err(missing.to_owned()),
    };
    Ok(match name {
        "int8" => Type::Int8,
        "int16" => Type::Int16,
        "int32" => Type::Int32,
        "int64" => Type::Int64,
        "float" => Type::Float32,
        "double" => Type::Float64,
        "boolean" => Type::Boolean,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "array" => Type::Array(part("items", "Array schema did not specify the element type")?),
        "map" => Type::Map(
            part("keys", "Map schema did not specify the key type")?,
            part("values", "Map schema did not specify the value type")?,
        ),
        "struct" => {
            let fields = json.get("fields").and_then(Value::as_array);
            Type::Struct(parse_fields(fields.ok_or("Struct schema's \"fields\" argument is not an array.")?)?)
        }
        other => return Err(format!("Unknown schema type: {other}")),
    })
}

fn parse_fields(fields: &[Value]) -> Result<Vec<(String, Schema)>, String> {
    let mut parsed: Vec<(String, Schema)> = Vec::with_capacity(fields.len());
    for field in fields {
        let name = field.get("field").and_then(Value::as_str);
        let name = name.ok_or("Struct schema's field name not specified properly")?;
        if parsed.iter().any(|(known, _)| known == name) {
            return Err(format!("Cannot create field because of field name duplication {name}"));
        }
        parsed.push((name.to_owned(), Schema::parse(field)?));
    }
    Ok(parsed)
}

fn parse_parameters(parameters: &serde_json::Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let pair = |(name, value): (&String, &Value)| match value {
        Value::String(value) => Ok((name.clone(), value.clone())),
        _ => Err("Schema parameters must have string values.".to_owned()),
    };
    parameters.iter().map(pair).collect()
}
