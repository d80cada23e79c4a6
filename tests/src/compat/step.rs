//! A step of a walk: one call of a client, and what came of it.

use serde_json::{Value, json};

/// What a line of a walk says.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Unique within the walk.
    pub name: String,
    /// `outcome`, `ok` or `error`, and `result` or `error`.
    pub came: Value,
}

impl Step {
    /// Reads the lines of a walk or of a recording; the error says which line is none of a step.
    pub fn read_all(lines: &str) -> Result<Vec<Self>, String> {
        let steps: Vec<Self> = lines.lines().map(Self::read).collect::<Result<_, _>>()?;
        let mut names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the step {:?} comes twice: what is allowed for it would be for both", pair[0])),
            None => Ok(steps),
        }
    }

    fn read(line: &str) -> Result<Self, String> {
        let error = || format!("not a step: {line}");
        let mut came: Value = serde_json::from_str(line).map_err(|_| error())?;
        let name = came.as_object_mut().and_then(|came| came.remove("step")).ok_or_else(error)?;
        Ok(Self { name: name.as_str().ok_or_else(error)?.to_owned(), came })
    }

    /// The line that [`Step::read_all`] reads.
    pub fn line(&self) -> String {
        let mut line = json!({ "step": self.name });
        if let (Some(line), Some(came)) = (line.as_object_mut(), self.came.as_object()) {
            line.extend(came.clone());
        }
        line.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn a_line_is_read_and_written() {
        let line = r#"{"outcome":"ok","result":[1],"step":"list"}"#;
        let steps = Step::read_all(line).unwrap();
        assert_eq!(steps[0].name, "list");
        assert_eq!(Step::read_all(&steps[0].line()).unwrap(), steps);
    }

    #[test]
    fn what_is_no_step_or_comes_twice_is_refused() {
        assert!(Step::read_all("hello").unwrap_err().contains("hello"));
        let twice = "{\"step\":\"a\",\"outcome\":\"ok\"}\n{\"step\":\"a\",\"outcome\":\"ok\"}";
        assert!(Step::read_all(twice).unwrap_err().contains("twice"));
    }
}
