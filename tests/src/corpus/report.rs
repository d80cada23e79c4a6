//! What is told when answers differ.

use super::case::{Named, Reply};
use super::diff::{Difference, differences};
use std::collections::BTreeSet;
use std::fmt;

/// Which answer a step is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was recorded.
    Recorded,
    /// What was recorded, but for deviations.
    Here,
}

/// All steps that differ, of all cases that were played.
#[derive(Debug, Default)]
pub struct Report {
    steps: usize,
    cases: usize,
    red: Vec<RedCase>,
}

#[derive(Debug)]
struct RedCase {
    name: String,
    steps: usize,
    red: Vec<(usize, String, Vec<Difference>)>,
}

impl Report {
    /// Compares the answers to a case.
    pub fn add(&mut self, named: &Named, replies: &[Reply], outcome: Outcome) {
        let steps = &named.case.steps;
        let mut red = Vec::new();
        for (number, (step, reply)) in steps.iter().zip(replies).enumerate() {
            let expected = match outcome {
                Outcome::Recorded => step.recorded.clone(),
                Outcome::Here => step.expected_here(),
            };
            let found = expected.map_or_else(Vec::new, |expected| differences(&expected, reply));
            if !found.is_empty() || step.recorded.is_none() {
                let about = step.about.as_ref().map_or_else(String::new, |about| format!(" ({about})"));
                red.push((number, format!("{}{about}", step.request), found));
            }
        }
        self.steps += steps.len();
        self.cases += 1;
        if !red.is_empty() {
            self.red.push(RedCase { name: named.name.clone(), steps: steps.len(), red });
        }
    }

    /// Takes in what another worker answered.
    pub fn merge(&mut self, other: Self) {
        self.steps += other.steps;
        self.cases += other.cases;
        self.red.extend(other.red);
        self.red.sort_by(|one, other| one.name.cmp(&other.name));
    }

    /// The steps that differ, each as `CASE #STEP`.
    pub fn red(&self) -> BTreeSet<String> {
        let step = |case: &RedCase, number: usize| format!("{} #{number}", case.name);
        self.red.iter().flat_map(|case| case.red.iter().map(move |(number, ..)| step(case, *number))).collect()
    }

    /// The same without these steps.
    pub fn without(mut self, known: &BTreeSet<String>) -> Self {
        for case in &mut self.red {
            case.red.retain(|(number, ..)| !known.contains(&format!("{} #{number}", case.name)));
        }
        self.red.retain(|case| !case.red.is_empty());
        self
    }

    /// Whether every answer was the expected one.
    pub fn is_green(&self) -> bool {
        self.red.is_empty()
    }
}

/// First every difference, then one line per case: the list is at the end, where it is seen.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.red {
            for (number, request, found) in &case.red {
                writeln!(f, "RED {} #{number} {request}", case.name)?;
                if found.is_empty() {
                    writeln!(f, "    nothing is recorded: ./x record-corpus")?;
                }
                for difference in found {
                    writeln!(f, "    {difference}")?;
                }
            }
        }
        for case in &self.red {
            let numbers: Vec<String> = case.red.iter().map(|(number, ..)| format!("#{number}")).collect();
            writeln!(f, "{}: {} of {} red: {}", case.name, case.red.len(), case.steps, numbers.join(" "))?;
        }
        let red: usize = self.red.iter().map(|case| case.red.len()).sum();
        let (steps, cases) = (self.steps, self.cases);
        write!(f, "{red} of {steps} steps differ, in {} of {cases} cases", self.red.len())
    }
}
