//! What to do about a note.

use super::Note;
use crate::report::Report;
use crate::report::command::quoted;
use crate::report::sentences::code;

impl Note {
    /// What to do about it in a test that passed, if there is something to do.
    pub(crate) fn remedy(&self, report: &Report) -> Option<String> {
        let record = report.command.phrase("record");
        let remedy = match self {
            Self::ReplyUnused { .. } => "if it is no longer needed, remove it".to_owned(),
            Self::NothingRecorded => {
                "if it should be recorded, look whether the client uses llmock's address".to_owned()
            }
            Self::Unused { .. } => {
                format!("if the test no longer needs this, record it again: {record}")
            }
            Self::Mixed { .. } => {
                let (fixture, test) = (quoted(&report.fixture), quoted(&report.test));
                format!("to give them an owner: llmock adopt {fixture} --owner {test}")
            }
            Self::Removed { .. } => {
                "the next run in which the test passes deletes that file".to_owned()
            }
            Self::Editing { .. } => {
                format!("review it with `llmock review`, or record it: {record}")
            }
            Self::Borrowed { owner, .. } => format!(
                "if {} was renamed to this test, or should not share it, record this test: {record}",
                code(owner)
            ),
            Self::Repeated { .. } => format!(
                "if each request needs a response of its own, record again: {record}; to forbid it, set order = \"strict\""
            ),
            Self::Stray { .. } | Self::LeftBehind { .. } | Self::Refused { .. } => {
                "wait for all tasks of a test before it ends".to_owned()
            }
            Self::ErrorInside { .. } => {
                format!("unless the test needs the error, record again: {record}")
            }
            Self::Cut { .. } => format!("unless the test needs the cut, record again: {record}"),
            Self::HeadersNotStored { .. } => {
                "a program that reads one of them finds nothing in replay".to_owned()
            }
            Self::LeadsElsewhere { .. } => {
                "if the client follows it, record what it finds there by a handle or a proxy"
                    .to_owned()
            }
            Self::AttemptKept { .. } => {
                let keep = report.keep.as_ref()?;
                format!("to put it into the fixture: {keep}")
            }
            Self::Redacted { .. } => "read the diff before you commit it".to_owned(),
            Self::OnlyReplayedInCi { .. } => {
                "to record there, set LLMOCK_ALLOW_CI_RECORD=1".to_owned()
            }
            Self::Similar { .. } => {
                format!("to test what the program sends now, record again: {record}")
            }
            Self::LayersDiffer { .. } => {
                "`llmock layers` shows which layers have the file; delete one of the two".to_owned()
            }
            Self::Concluded(conclusion) => conclusion.remedy.as_ref()?.replace("{record}", &record),
            _ => return None,
        };
        Some(remedy)
    }
}
