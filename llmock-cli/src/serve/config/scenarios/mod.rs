//! Scenarios, the key `replies`: what the server replies to requests that meet a condition.
//!
//! They are read apart from all other keys, which go through a tree of JSON: a tree has no lines, and does not keep the
//! order of members.

mod extras;
mod fault;
mod json;
mod parts;
mod step;
mod when;

use std::path::PathBuf;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_saphyr::Spanned;

pub(crate) use parts::{ErrorReply, StepPace};
pub(crate) use step::{Content, Step};
pub(crate) use when::When;

/// A condition and the replies to the requests that meet it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) name: Option<String>,
    /// The file that has it; absent for variables and flags.
    pub(crate) file: Option<PathBuf>,
    /// Its line there.
    pub(crate) line: u64,
    pub(crate) when: When,
    /// In order, for each session; never empty.
    pub(crate) then: Vec<Step>,
    /// Whether it does not respond any more once all replies were given. Otherwise the last one stays.
    pub(crate) once: bool,
}

impl Scenario {
    /// Whether it replies the same, wherever it is.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Self { file: other.file.clone(), line: other.line, ..self.clone() } == *other
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        struct Fields {
            name: Option<String>,
            when: Option<When>,
            then: Steps,
            #[serde(default)]
            once: bool,
        }

        let Spanned { value: fields, referenced, .. } = Spanned::<Fields>::deserialize(value)?;
        let Steps(then) = fields.then;
        if then.is_empty() {
            return Err(D::Error::custom("`then` is empty: name at least one reply"));
        }
        let (name, line) = (fields.name, referenced.line());
        let when = fields.when.unwrap_or_default();
        Ok(Self { name, file: None, line, when, then, once: fields.once })
    }
}

/// One reply, or a list of them.
struct Steps(Vec<Step>);

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(step::StepsVisitor).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::parts::Call;
    use super::*;

    fn read(text: &str) -> Vec<Scenario> {
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
    }

    #[test]
    fn keeps_the_line_and_the_order_of_members() {
        let [first, second] = &read(
            "- when: {contains: a}\n  then: {json: {z: 1, a: [true, null, 1.5, \"x\\\"\"]}}\n\
             - name: calls\n  then:\n  - call: {save: {}, search: {q: Paris, a: 1}}\n  - done\n",
        )[..] else {
            panic!("two scenarios")
        };
        assert_eq!((first.line, second.line), (1, 3));
        let json = r#"{"z":1,"a":[true,null,1.5,"x\""]}"#;
        assert_eq!(first.then[0].content, Content::Json(json.to_owned()));
        let call =
            |name: &str, arguments: &str| Call { name: name.into(), arguments: arguments.into() };
        let calls = vec![call("save", "{}"), call("search", r#"{"q":"Paris","a":1}"#)];
        assert_eq!(second.then[0].content, Content::Message { text: None, calls });
        let text = Content::Message { text: Some("done".into()), calls: vec![] };
        assert_eq!(second.then[1].content, text);
    }

    #[test]
    fn the_same_scenario_may_move() {
        let [first, second] = &read("- then: a\n- then: a\n")[..] else { panic!("two") };
        assert!(first.is_same(second) && first != second);
    }
}
