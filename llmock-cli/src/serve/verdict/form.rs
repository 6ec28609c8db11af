//! Whether a verdict is printed at the end, and how.

use std::path::PathBuf;
use std::str::FromStr;

use llmock_rules::Problem;

/// `text`, `json`, `junit`, each with a file after `=`, or `off`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VerdictForm {
    pub(crate) format: Option<Format>,
    /// Where it is written; otherwise it is printed.
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Junit,
}

impl FromStr for VerdictForm {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file.trim()).filter(|file| !file.is_empty())),
            None => (text, None),
        };
        let format = match name.trim() {
            "off" | "false" => None,
            name => Some(Format::from_str(name)?),
        };
        Ok(Self { format, file: file.map(PathBuf::from) })
    }
}

impl FromStr for Format {
    type Err = Problem;

    fn from_str(name: &str) -> Result<Self, Problem> {
        match name {
            "text" | "true" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            other => {
                let expected = "expected `text`, `json`, `junit`, or `off`";
                Err(Problem::new(format!("invalid format of the verdict `{other}`: {expected}")))
            }
        }
    }
}
