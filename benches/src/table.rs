//! Tables on standard output.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::race::{Spread, Times};

/// Says what the figures below were measured on.
pub fn heading(text: &str) {
    line(&format!("\n{text}"));
}

/// Shows the times of some contenders; the last column says how many times each other's time the first
/// one takes, with the middle half of all rounds.
pub fn compare(title: &str, times: &[Times]) {
    let Some((first, rivals)) = times.split_first() else { return };
    let mut text = format!("\n{title:<54}{:>10}{:>10}   {}", "p50", "p99", "first is");
    row(&mut text, first, None);
    for rival in rivals {
        row(&mut text, rival, Some(first.against(rival)));
    }
    line(&text);
}

fn row(text: &mut String, times: &Times, ratio: Option<Spread>) {
    let ratio = ratio.map_or_else(String::new, |Spread { low, median, high }| {
        format!("   {median:.2} x ({low:.2} to {high:.2})")
    });
    let _ = write!(
        text,
        "\n  {:<52}{:>10}{:>10}{ratio}",
        times.name,
        time(times.percentile(0.5)),
        time(times.percentile(0.99)),
    );
}

/// Shows one figure that has no rival.
pub fn figure(title: &str, value: &str) {
    line(&format!("\n{title:<54}{value:>10}"));
}

/// Shows a time beside the most that it may be, and returns whether it is at most that.
pub fn bounded(title: &str, own: Duration, bound: Duration) -> bool {
    let keeps = own <= bound;
    let verdict = if keeps { "" } else { ": TOO MUCH" };
    line(&format!("  {title:<52}{:>10}   of at most {}{verdict}", time(own), time(bound)));
    keeps
}

/// Says why a figure is missing.
pub fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Three digits and a unit.
fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    let (value, unit) = match micros {
        small if small < 1e3 => (small, "µs"),
        middle if middle < 1e6 => (middle / 1e3, "ms"),
        large => (large / 1e6, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (micros, text) in [
            (7, "7.00 µs"),
            (950, "950 µs"),
            (1_250, "1.25 ms"),
            (62_340, "62.3 ms"),
            (2_500_000, "2.50 s"),
        ] {
            assert_eq!(time(Duration::from_micros(micros)), text);
        }
    }
}
