//! The causes of failures that a report of this process has shown in full.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::report::{Report, Surface, cause};
use crate::sync::lock;

/// Later causes get full reports: a process has few.
const MOST: usize = 1_000;

static SHOWN: Mutex<Option<HashMap<u64, String>>> = Mutex::new(None);

/// The test whose report shows the cause of this failure. The first one with a cause is remembered.
///
/// A session without the attribute returns its report as an error, which its program may not print.
pub(super) fn shown_by(report: &Report) -> Option<String> {
    if !report.fails() || report.surface == Surface::Builder {
        return None;
    }
    let digest = cause::digest(report)?;
    let mut shown = lock(&SHOWN);
    let shown = shown.get_or_insert_default();
    if let Some(first) = shown.get(&digest) {
        return Some(first.clone()).filter(|first| *first != report.test);
    }
    if shown.len() < MOST {
        shown.insert(digest, report.test.clone());
    }
    None
}
