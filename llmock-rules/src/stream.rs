//! How a streamed response reaches the client: at which pace, and cut into which chunks.

use std::fmt;

use crate::fields::{self, Field, FieldProblem};
use crate::problem::{Problem, hint};

/// When the pieces of a response are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Pace {
    /// As fast as the client reads.
    #[default]
    None,
    /// At the times at which they were recorded, counted from the request.
    Recorded,
    /// So many times as fast as they were recorded.
    Times(f64),
}

/// Into which pieces a streamed response is cut. The bytes stay the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunks {
    /// As they were recorded, or as a live response arrives.
    #[default]
    Recorded,
    /// One event each.
    Event,
    /// The whole response in one piece.
    Whole,
    /// Inside events, characters, and CRLF pairs, and never between two events.
    Adversarial,
    /// Pieces of these lengths in bytes, over and over.
    Lengths(Vec<usize>),
}

/// `stream(pace = 2.0, chunks = "event", seed = 7)`; what is `None` is left to the next layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamRule {
    pub pace: Option<Pace>,
    pub chunks: Option<Chunks>,
    /// Decides where adversarial cuts are.
    pub seed: Option<u64>,
}

const PACES: &[&str] = &["none", "recorded"];
const CHUNKS: &[&str] = &["recorded", "event", "whole", "adversarial"];

impl Pace {
    fn read(field: Field<'_>) -> Result<Self, Problem> {
        match field {
            Field::Text("none") => Ok(Self::None),
            Field::Text("recorded") => Ok(Self::Recorded),
            Field::Text(word) => {
                let hint = hint(word, PACES);
                Err(Problem::new(format!("invalid pace `{word}`{hint}")))
            }
            Field::Number(number) => Self::times(field.decimal("pace")?).ok_or_else(|| {
                Problem::invalid("pace", number, "expected a number above zero such as `2.0`")
            }),
            _ => Err(field.unexpected("pace", "`none`, `recorded`, or a number such as `2.0`")),
        }
    }

    /// The pace with this factor, if it is a number above zero.
    pub fn times(factor: f64) -> Option<Self> {
        (factor.is_finite() && factor > 0.0).then_some(Self::Times(factor))
    }
}

impl Chunks {
    fn read(field: Field<'_>) -> Result<Self, Problem> {
        match field {
            Field::Text("recorded") => Ok(Self::Recorded),
            Field::Text("event") => Ok(Self::Event),
            Field::Text("whole") => Ok(Self::Whole),
            Field::Text("adversarial") => Ok(Self::Adversarial),
            Field::Text(word) => {
                Err(Problem::new(format!("invalid chunks `{word}`{}", hint(word, CHUNKS))))
            }
            Field::Numbers(lengths) => Self::lengths(lengths),
            _ => Err(field.unexpected("chunks", "a word such as `event`, or lengths in bytes")),
        }
    }

    /// Chunks of these lengths, if there are any and none is zero.
    pub fn lengths(lengths: &[usize]) -> Result<Self, Problem> {
        if lengths.is_empty() || lengths.contains(&0) {
            let expected = "expected lengths above zero such as `[1, 5, 2, 13]`";
            return Err(Problem::invalid("chunks", &format!("{lengths:?}"), expected));
        }
        Ok(Self::Lengths(lengths.to_vec()))
    }
}

impl StreamRule {
    pub fn parse(fields: &[(&str, Field<'_>)]) -> Result<Self, FieldProblem> {
        let mut rule = Self::default();
        fields::read("stream", &["pace", "chunks", "seed"], fields, |name, field| {
            match name {
                "pace" => rule.pace = Some(Pace::read(field)?),
                "chunks" => rule.chunks = Some(Chunks::read(field)?),
                _ => rule.seed = Some(field.whole("seed", 0)?),
            }
            Ok(())
        })?;
        Ok(rule)
    }

    /// Fills what this layer leaves open from the next one.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        Self {
            pace: self.pace.or(outer.pace),
            chunks: self.chunks.or(outer.chunks),
            seed: self.seed.or(outer.seed),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("\"none\""),
            Self::Recorded => f.write_str("\"recorded\""),
            Self::Times(factor) => write!(f, "{factor:?}"),
        }
    }
}

impl fmt::Display for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Recorded => "recorded",
            Self::Event => "event",
            Self::Whole => "whole",
            Self::Adversarial => "adversarial",
            Self::Lengths(lengths) => return write!(f, "{lengths:?}"),
        };
        write!(f, "{word:?}")
    }
}

/// The fields as the attribute writes them: `pace = 2.0, chunks = "event"`.
impl fmt::Display for StreamRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pace = self.pace.map(|pace| format!("pace = {pace}"));
        let chunks = self.chunks.as_ref().map(|chunks| format!("chunks = {chunks}"));
        let seed = self.seed.map(|seed| format!("seed = {seed}"));
        let fields: Vec<_> = [pace, chunks, seed].into_iter().flatten().collect();
        f.write_str(&fields.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_say_pace_chunks_and_seed() {
        let rule = StreamRule::parse(&[
            ("pace", Field::Number("2.0")),
            ("chunks", Field::Numbers(&[1, 5])),
            ("seed", Field::Number("7")),
        ]);
        let rule = rule.unwrap();
        assert_eq!(rule.pace, Some(Pace::Times(2.0)));
        assert_eq!(rule.chunks, Some(Chunks::Lengths(vec![1, 5])));
        assert_eq!(rule.to_string(), "pace = 2.0, chunks = [1, 5], seed = 7");
        let outer = StreamRule { chunks: Some(Chunks::Whole), seed: Some(1), ..rule.clone() };
        let inner = StreamRule { chunks: Some(Chunks::Event), ..StreamRule::default() };
        assert_eq!(inner.or(outer).to_string(), "pace = 2.0, chunks = \"event\", seed = 1");
    }

    #[test]
    fn each_mistake_has_a_message() {
        for (name, field, message) in [
            ("pace", Field::Text("recored"), "invalid pace `recored`; did you mean `recorded`?"),
            ("pace", Field::Number("0"), "invalid pace `0`: expected a number above zero"),
            ("pace", Field::Number("-1.5"), "invalid pace `-1.5`: expected a number above zero"),
            ("pace", Field::Switch(true), "invalid `pace`: expected `none`, `recorded`, or"),
            ("chunks", Field::Text("events"), "invalid chunks `events`; did you mean `event`?"),
            ("chunks", Field::Numbers(&[]), "invalid chunks `[]`: expected lengths above zero"),
            ("chunks", Field::Numbers(&[3, 0]), "invalid chunks `[3, 0]`: expected lengths"),
            ("chunks", Field::Number("3"), "invalid `chunks`: expected a word such as `event`"),
            ("seed", Field::Number("-1"), "invalid `seed` `-1`: expected a whole number from 0"),
            (
                "speed",
                Field::Number("1"),
                "unknown field `speed` of `stream`; did you mean `seed`?",
            ),
        ] {
            let error = StreamRule::parse(&[(name, field)]).unwrap_err();
            assert!(error.problem.to_string().starts_with(message), "{}", error.problem);
        }
    }
}
