//! Reports of encrypted fixtures: they hold digests and paths in place of what was sent and received.

use sha2::{Digest as _, Sha256};

use super::{Closest, Failure, Miss, MissReason, Note, Report};
use crate::audit::drift::{Change, Verdict, Verified};
use crate::hex;
use crate::json;
use crate::matching::{Difference, Divergence};

/// What stands for a text.
fn digest(text: &str) -> String {
    if text.starts_with(PREFIX) {
        return text.to_owned();
    }
    format!("{PREFIX}{}", &hex::encode(&Sha256::digest(text.as_bytes()))[..12])
}

const PREFIX: &str = "sha256:";

fn hide(text: &mut Option<String>) {
    *text = text.take().map(|text| digest(&text));
}

/// Paths stay, values become digests.
fn hide_differences(differences: &mut [Difference]) {
    for difference in differences {
        let value = |text: Option<String>| {
            text.map(|text| {
                let is_hidden = text.trim_start_matches('"').starts_with(PREFIX);
                if is_hidden { text } else { json::quote(&digest(&text)) }
            })
        };
        let Difference { path, recorded, sent, reordered, .. } = std::mem::take(difference);
        *difference = Difference {
            path,
            recorded: value(recorded),
            sent: value(sent),
            reordered,
            ..Difference::default()
        };
    }
}

impl Miss {
    /// The same without what was sent.
    pub(crate) fn hidden(mut self) -> Self {
        hide(&mut self.prompt);
        self.turn = None;
        self.body = None;
        match &mut self.reason {
            MissReason::BodyDiffers {
                closest: Closest { others, divergence, .. },
                differences,
            } => {
                for (_, prompt) in others {
                    *prompt = digest(prompt);
                }
                if let Some(Divergence { recorded, sent, earlier, .. }) = divergence.as_deref_mut()
                {
                    let turns = recorded.iter_mut().chain(sent).chain(earlier);
                    turns.for_each(|turn| hide(&mut turn.text));
                }
                hide_differences(differences);
            }
            MissReason::WrongOrder { prompt, differences, .. } => {
                hide(prompt);
                hide_differences(differences);
            }
            MissReason::ClosurePanicked { why } => *why = digest(why),
            #[cfg(feature = "websocket")]
            MissReason::Message { differences, why, .. } => {
                *why = digest(why);
                hide_differences(differences);
            }
            _ => {}
        }
        self
    }
}

impl Report {
    /// The same without what was sent and received.
    pub(crate) fn hidden(mut self) -> Self {
        self.misses = self.misses.into_iter().map(Miss::hidden).collect();
        self.failures.iter_mut().for_each(hide_failure);
        self.notes.iter_mut().for_each(hide_note);
        self.verified.iter_mut().for_each(hide_verified);
        self
    }
}

fn hide_failure(failure: &mut Failure) {
    match failure {
        Failure::Unused { interactions } => {
            for one in interactions {
                hide(&mut one.prompt);
            }
        }
        Failure::SelfCheck { interactions } => {
            for one in interactions {
                hide(&mut one.prompt);
            }
        }
        Failure::UpstreamError { message, .. } => hide(message),
        Failure::MockExpectations { text, .. } => *text = digest(text),
        Failure::Concluded { conclusion, .. } => conclusion.message = digest(&conclusion.message),
        Failure::Drift { interactions, .. } => {
            for (code, change) in interactions.iter_mut().flat_map(|one| &mut one.changes) {
                if QUOTING.contains(code) {
                    *change = digest(change);
                }
            }
        }
        Failure::VerifyFailed { interactions } => {
            for one in interactions {
                one.why = digest(&one.why);
            }
        }
        _ => {}
    }
}

/// Changes whose words quote a response; others name members and types.
const QUOTING: [&str; 2] = ["drift_status", "drift_value"];

fn hide_verified(verified: &mut Verified) {
    match &mut verified.verdict {
        Verdict::Compared(changes) => {
            for Change { code, message, .. } in changes {
                if QUOTING.contains(code) {
                    *message = digest(message);
                }
            }
        }
        Verdict::Failed(why) => *why = digest(why),
        Verdict::Skipped(_) => {}
    }
}

fn hide_note(note: &mut Note) {
    match note {
        Note::Unused { interactions, .. } | Note::Borrowed { interactions, .. } => {
            for (_, prompt) in interactions {
                hide(prompt);
            }
        }
        Note::Repeated { prompt, .. } | Note::Similar { prompt, .. } => hide(prompt),
        Note::ErrorInside { message, .. } => hide(message),
        Note::Refused { message, .. } => *message = digest(message),
        Note::Concluded(conclusion) => conclusion.message = digest(&conclusion.message),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Command;

    #[test]
    fn values_become_digests_and_paths_stay() {
        let difference = Difference {
            path: "$.messages[0].content".into(),
            recorded: Some("\"the old secret plan\"".into()),
            sent: Some("\"the new secret plan\"".into()),
            ..Difference::default()
        };
        let mut report = Report::new("api::greets", "a.json.age", "replay", Command::default());
        report.misses.push(Miss {
            method: "POST".into(),
            path: "/v1/chat/completions".into(),
            provider: "openai",
            model: Some("m".into()),
            prompt: Some("the new secret plan".into()),
            turn: None,
            request: 1,
            body: Some("the new secret plan".into()),
            reason: MissReason::WrongOrder {
                interaction: None,
                expected: 1,
                endpoint: super::super::Endpoint {
                    provider: "openai",
                    method: "POST".into(),
                    path: "/v1/chat/completions".into(),
                    times: 1,
                },
                prompt: Some("the old secret plan".into()),
                differences: vec![difference],
            },
        });
        report.notes.push(Note::Repeated {
            interaction: 1,
            prompt: Some("secret plan".into()),
            times: 1,
        });
        let hidden = report.hidden();
        let text = format!("{hidden:?}");
        assert!(!text.contains("secret plan"), "{text}");
        assert!(text.contains("$.messages[0].content") && text.contains("sha256:"), "{text}");
        assert_eq!(hidden.clone().hidden(), hidden);
    }
}
