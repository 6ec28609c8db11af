//! What an import did, as data: for the lines that people read, and for `--json`.

use std::path::PathBuf;

use serde_json::{Value, json};

/// What became of one file.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) source: PathBuf,
    /// The name of its format.
    pub(crate) format: Option<&'static str>,
    pub(crate) result: Result<Written, String>,
}

/// A fixture that was written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) fixture: PathBuf,
    pub(crate) interactions: usize,
    /// What the fixture does not have, and why; each once, with the numbers of its interactions.
    pub(crate) losses: Vec<Loss>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) what: String,
    /// Counted from one; none if it concerns the whole file.
    pub(crate) interactions: Vec<usize>,
}

/// Collects losses, those with the same text in one.
#[derive(Debug, Default)]
pub(crate) struct Losses(Vec<Loss>);

impl Losses {
    pub(crate) fn add(&mut self, number: Option<usize>, what: String) {
        let known = self.0.iter().position(|loss| loss.what == what);
        let at = known.unwrap_or_else(|| {
            self.0.push(Loss { what, interactions: Vec::new() });
            self.0.len() - 1
        });
        self.0[at].interactions.extend(number);
    }

    pub(crate) fn into_vec(self) -> Vec<Loss> {
        self.0
    }
}

impl Loss {
    /// `response headers x and y (interactions 1 to 3)`.
    pub(crate) fn sentence(&self, all: usize) -> String {
        let numbers = &self.interactions;
        match numbers.as_slice() {
            [] => self.what.clone(),
            _ if numbers.len() == all => self.what.clone(),
            [one] => format!("{} (interaction {one})", self.what),
            several => format!("{} (interactions {})", self.what, ranges(several)),
        }
    }
}

/// `1-3, 5`.
fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == *number || *end == *number => *end = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let part = |(start, end): &(usize, usize)| {
        if start == end { start.to_string() } else { format!("{start}-{end}") }
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

impl Outcome {
    pub(crate) fn as_json(&self) -> Value {
        let mut value = json!({ "source": self.source.display().to_string() });
        if let Some(format) = self.format {
            value["format"] = json!(format);
        }
        match &self.result {
            Ok(written) => {
                value["fixture"] = json!(written.fixture.display().to_string());
                value["interactions"] = json!(written.interactions);
                let loss =
                    |loss: &Loss| json!({ "what": loss.what, "interactions": loss.interactions });
                value["losses"] = json!(written.losses.iter().map(loss).collect::<Vec<_>>());
            }
            Err(why) => value["error"] = json!(why),
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_losses_are_one_with_their_interactions() {
        let mut losses = Losses::default();
        for number in [1, 2, 3, 5] {
            losses.add(Some(number), "a".to_owned());
        }
        losses.add(Some(4), "b".to_owned());
        losses.add(None, "c".to_owned());
        let lines: Vec<_> = losses.into_vec().iter().map(|loss| loss.sentence(5)).collect();
        assert_eq!(lines, ["a (interactions 1-3, 5)", "b (interaction 4)", "c"]);
    }
}
