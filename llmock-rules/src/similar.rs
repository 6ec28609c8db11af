//! The grammar of similar requests: how alike texts must be, and where vectors come from.

use crate::address::BaseUrl;
use crate::fields::{self, Field, FieldProblem};
use crate::problem::Problem;
use crate::quantity::Share;

/// How alike the last text of the user must be, above 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity(pub f64);

impl Similarity {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let expected =
            "expected a number above 0 and at most 1, such as `0.95`; there is no default";
        match Share::parse(text) {
            Ok(Share(share)) if share > 0.0 => Ok(Self(share)),
            _ => Err(Problem::invalid("similarity", text.trim(), expected)),
        }
    }
}

/// An endpoint that turns texts into vectors, as the OpenAI API does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embeddings {
    pub base_url: String,
    pub model: String,
}

impl Embeddings {
    pub fn parse(fields: &[(&str, Field<'_>)]) -> Result<Self, FieldProblem> {
        let mut found = Self::default();
        fields::read("embeddings", &["base_url", "model"], fields, |name, value| {
            let text = value.text(name)?;
            if name == "model" {
                if text.trim().is_empty() {
                    return Err(Problem::new("`model` is empty"));
                }
                text.clone_into(&mut found.model);
            } else {
                BaseUrl::parse(text)?;
                text.trim_end_matches('/').clone_into(&mut found.base_url);
            }
            Ok(())
        })?;
        for (name, value) in [("base_url", &found.base_url), ("model", &found.model)] {
            if value.is_empty() {
                let problem = Problem::new(format!("`{name}` is missing"));
                return Err(FieldProblem { index: fields.len().saturating_sub(1), problem });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similarity_is_a_share() {
        assert_eq!(Similarity::parse("0.95"), Ok(Similarity(0.95)));
        assert_eq!(Similarity::parse("1"), Ok(Similarity(1.0)));
        for text in ["0", "0.0", "1.01", "-0.5", "", "true", "high"] {
            let error = Similarity::parse(text).unwrap_err().to_string();
            assert!(error.ends_with("there is no default"), "{error}");
        }
    }

    #[test]
    fn embeddings_need_an_address_and_a_model() {
        let url = Field::Text("http://localhost:8090/v1/");
        let both = Embeddings::parse(&[("base_url", url), ("model", Field::Text("m"))]).unwrap();
        assert_eq!(both.base_url, "http://localhost:8090/v1");
        for (fields, expected) in [
            (&[("base_url", url)][..], "`model` is missing"),
            (&[("model", Field::Text("m"))], "`base_url` is missing"),
            (&[("modell", Field::Text("m"))], "did you mean `model`?"),
            (&[("base_url", Field::Text("localhost")), ("model", Field::Text("m"))], "localhost"),
        ] {
            let error = Embeddings::parse(fields).unwrap_err().problem.to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
