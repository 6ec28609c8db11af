//! What a sweep found, as a table.

use std::fmt::Write as _;

use super::sentences::PATH;
use super::values::{count, excerpt};

/// Rows of the table that are shown.
const ROWS: usize = 20;

/// What a program did wrong in a run with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SweepCode {
    AcceptedTruncated,
    Hung,
    PanickedElsewhere,
    RetriedInVain,
    IgnoredRetryAfter,
    RetryStorm,
    DidNotRetry,
}

impl SweepCode {
    pub(crate) const ALL: [Self; 7] = [
        Self::AcceptedTruncated,
        Self::Hung,
        Self::PanickedElsewhere,
        Self::RetriedInVain,
        Self::IgnoredRetryAfter,
        Self::RetryStorm,
        Self::DidNotRetry,
    ];

    /// The name by which it is allowed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AcceptedTruncated => "sweep_accepted_truncated",
            Self::Hung => "sweep_hung",
            Self::PanickedElsewhere => "sweep_panicked_elsewhere",
            Self::RetriedInVain => "sweep_retried_in_vain",
            Self::IgnoredRetryAfter => "sweep_ignored_retry_after",
            Self::RetryStorm => "sweep_retry_storm",
            Self::DidNotRetry => "sweep_did_not_retry",
        }
    }

    /// Whether it fails the test.
    pub(crate) fn fails(self) -> bool {
        self != Self::DidNotRetry
    }

    /// Whether the message of a panic belongs to it.
    pub(crate) fn is_panic(self) -> bool {
        self == Self::PanickedElsewhere
    }

    /// The same about a client, of which only the requests are known.
    #[cfg(feature = "server")]
    pub(crate) fn sentence_for_client(self) -> &'static str {
        match self {
            Self::AcceptedTruncated => {
                "accepted a truncated response: the conversation went on with it"
            }
            other => other.sentence(),
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::AcceptedTruncated => {
                "accepted a truncated response: the test passed although it ended early"
            }
            Self::Hung => "hung: the test had not ended at the time limit",
            Self::PanickedElsewhere => "panicked in another task",
            Self::RetriedInVain => "retried what must not be retried",
            Self::IgnoredRetryAfter => "ignored `retry-after`: the request came again too early",
            Self::RetryStorm => "retry storm: the request came again and again",
            Self::DidNotRetry => "did not retry what every provider asks to retry",
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SweepRow {
    pub(crate) code: SweepCode,
    /// The place of the request, from one, and its line.
    pub(crate) request: usize,
    pub(crate) shown: String,
    /// As the attribute writes it.
    pub(crate) fault: String,
    /// The message of a panic.
    pub(crate) message: Option<String>,
}

/// The result of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SweepReport {
    pub(crate) test: String,
    /// How many faults were tried, and how many there are.
    pub(crate) tried: usize,
    pub(crate) all: usize,
    pub(crate) rows: Vec<SweepRow>,
}

impl SweepReport {
    pub(crate) fn fails(&self) -> bool {
        self.rows.iter().any(|row| row.code.fails())
    }

    /// One line for a test that passes.
    pub(crate) fn line(&self) -> String {
        let (test, tried) = (excerpt(&self.test, PATH), self.tried_of());
        if self.rows.is_empty() {
            return format!("llmock: {test}: swept {tried}, nothing found");
        }
        let mut codes: Vec<SweepCode> = self.rows.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let notes: Vec<_> = codes.into_iter().map(|code| self.clause(code)).collect();
        format!("llmock: {test}: swept {tried}; {}", notes.join("; "))
    }

    /// The block of a test that fails.
    pub(crate) fn block(&self) -> String {
        let mut codes: Vec<SweepCode> = self.rows.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let failing = self.rows.iter().filter(|row| row.code.fails()).count();
        let mut text = format!(
            "llmock: the sweep of {} found {} in {}\n",
            excerpt(&self.test, PATH),
            count(failing, "problem"),
            self.tried_of()
        );
        let mut left = ROWS;
        for code in codes {
            let _ = write!(text, "\n  × {}   {}\n", code.sentence(), code.name());
            let rows: Vec<&SweepRow> = self.rows.iter().filter(|row| row.code == code).collect();
            let shown = rows.len().min(left.max(1));
            left = left.saturating_sub(shown);
            for row in &rows[..shown] {
                let message =
                    row.message.as_deref().map(|text| format!("   {}", excerpt(text, 80)));
                let _ = writeln!(
                    text,
                    "    #{} {}   {}{}",
                    row.request,
                    excerpt(&row.shown, PATH),
                    row.fault,
                    message.unwrap_or_default()
                );
            }
            if rows.len() > shown {
                let _ = writeln!(text, "    and {} more", rows.len() - shown);
            }
        }
        if let Some(row) = self.rows.iter().find(|row| row.code.fails()) {
            let _ = write!(text, "\n  to see one, add fault({}) to the attribute", row.fault);
        }
        text
    }

    fn tried_of(&self) -> String {
        if self.tried == self.all {
            return count(self.all, "fault");
        }
        format!("{} of {} (LLMOCK_SWEEP_MAX)", self.tried, count(self.all, "fault"))
    }

    /// `did not retry what every provider asks to retry (#1: status = 503, and 2 more)`
    fn clause(&self, code: SweepCode) -> String {
        let mut rows = self.rows.iter().filter(|row| row.code == code);
        let first = rows.next().map(|row| format!("#{}: {}", row.request, row.fault));
        let more = match rows.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("{} ({}{more})", code.sentence(), first.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(code: SweepCode, fault: &str) -> SweepRow {
        let (shown, fault) = ("POST /v1/chat/completions".to_owned(), fault.to_owned());
        SweepRow { code, request: 1, shown, fault, message: None }
    }

    #[test]
    fn the_table_groups_findings_by_kind() {
        let report = SweepReport {
            test: "chat::streams".into(),
            tried: 37,
            all: 37,
            rows: vec![
                row(SweepCode::DidNotRetry, "status = 503"),
                row(SweepCode::AcceptedTruncated, "cut_after_event = 1"),
                row(SweepCode::AcceptedTruncated, "cut_after_event = 2"),
            ],
        };
        assert!(report.fails());
        insta::assert_snapshot!(report.block(), @r"
        llmock: the sweep of chat::streams found 2 problems in 37 faults

          × accepted a truncated response: the test passed although it ended early   sweep_accepted_truncated
            #1 POST /v1/chat/completions   cut_after_event = 1
            #1 POST /v1/chat/completions   cut_after_event = 2

          × did not retry what every provider asks to retry   sweep_did_not_retry
            #1 POST /v1/chat/completions   status = 503

          to see one, add fault(cut_after_event = 1) to the attribute
        ");
    }

    #[test]
    fn the_page_of_sweeps_explains_every_finding() {
        let page = include_str!("../../../docs/sweep.md");
        for code in SweepCode::ALL {
            assert!(page.contains(&format!("| `{}` |", code.name())), "{}", code.name());
        }
    }

    #[test]
    fn a_sweep_without_problems_is_one_line() {
        let rows = vec![
            row(SweepCode::DidNotRetry, "status = 503"),
            row(SweepCode::DidNotRetry, "refused"),
        ];
        let report = SweepReport { test: "t".into(), tried: 10, all: 99, rows };
        assert!(!report.fails());
        insta::assert_snapshot!(report.line(), @"llmock: t: swept 10 of 99 faults (LLMOCK_SWEEP_MAX); did not retry what every provider asks to retry (#1: status = 503, and 1 more)");
        let report = SweepReport { rows: Vec::new(), all: 10, ..report };
        assert_eq!(report.line(), "llmock: t: swept 10 faults, nothing found");
    }
}
