//! How fast a response is sent: when its first token comes, and how many follow per second. Pure.
//!
//! Times are measured from the arrival of the request, never from the previous piece, so that delays do not add up.

use std::time::Duration;

use http::HeaderName;
use llmock_rules::{Duration as Wait, Problem, Share};
use serde::Deserialize;

use super::config::values::{duration, number, rate, share, strict};

/// The header that sets the pace of one response.
pub(crate) static HEADER: HeaderName = HeaderName::from_static("x-llmock-pace");

/// Longer than any client waits, and short enough for a clock.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A latency model. The default is as fast as possible.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pace {
    /// Until the first piece of a stream, or before a response in one piece.
    #[serde(deserialize_with = "duration")]
    pub(crate) time_to_first_token: Duration,
    /// 0: all at once.
    #[serde(deserialize_with = "rate")]
    pub(crate) tokens_per_second: f64,
    /// By what share waits vary in both directions, from 0 to 1.
    #[serde(deserialize_with = "share")]
    pub(crate) jitter: f64,
    /// The seed of the jitter; absent: different after every start.
    #[serde(deserialize_with = "strict")]
    pub(crate) seed: Option<u64>,
    /// Whether recorded responses keep their recorded times.
    #[serde(deserialize_with = "strict")]
    pub(crate) recorded: bool,
    /// Whether the seed is that of the request, whose times then depend on nothing else.
    #[serde(skip)]
    pub(crate) own_seed: bool,
}

impl Pace {
    /// The pace with the settings of a header: `ttft=200ms, tps=50, jitter=0.1, seed=7`, `recorded`, or `none`. Settings
    /// that it does not name stay.
    pub(crate) fn overridden(&self, header: &str) -> Result<Self, Problem> {
        let mut pace = self.clone();
        for part in header.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pace.set(name.trim(), value.trim())
                .map_err(|why| Problem::new(format!("`{HEADER}`: {why}")))?;
        }
        Ok(pace)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "none" if value.is_empty() => *self = Self { seed: self.seed, ..Self::default() },
            "recorded" if value.is_empty() => self.recorded = true,
            "ttft" | "time-to-first-token" => self.time_to_first_token = Wait::parse(value)?.0,
            "tps" | "tokens-per-second" => self.tokens_per_second = number(value)?,
            "jitter" => self.jitter = Share::parse(value)?.0,
            "seed" => {
                let invalid = || format!("invalid seed `{value}`: expected a whole number");
                self.seed = Some(value.parse().map_err(|_| Problem::new(invalid()))?);
                self.own_seed = true;
            }
            other => {
                return Err(Problem::new(format!(
                    "unknown setting `{other}`: expected `ttft=200ms`, `tps=50`, `jitter=0.1`, \
                     `seed=7`, `recorded`, or `none`"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn is_instant(&self) -> bool {
        self.time_to_first_token.is_zero() && self.tokens_per_second <= 0.0
    }

    /// When each piece is due, measured from the arrival of the request; never decreasing. `number` is that of the
    /// request: requests differ from each other, and runs with a seed do not.
    pub(crate) fn schedule(
        &self,
        pieces: usize,
        number: u64,
    ) -> impl Iterator<Item = Duration> + use<> {
        let mut random = random(self.seed, if self.own_seed { 0 } else { number });
        let (first, jitter) = (self.time_to_first_token.as_secs_f64(), self.jitter);
        let gap = if self.tokens_per_second > 0.0 { 1.0 / self.tokens_per_second } else { 0.0 };
        (0..pieces).scan(0.0, move |due, piece| {
            let wait = if piece == 0 { first } else { gap };
            // Drawn even if there is no wait, so that the times of later pieces do not depend on it.
            *due += wait * (1.0 + jitter * (2.0 * random.f64() - 1.0));
            Some(Duration::try_from_secs_f64(*due).unwrap_or(NEVER).min(NEVER))
        })
    }

    /// When a response in one piece is due: with its last token.
    pub(crate) fn whole(&self, tokens: usize, number: u64) -> Duration {
        self.schedule(tokens.max(1), number).last().unwrap_or_default()
    }
}

/// The random numbers of one request. Those of two requests with one seed differ.
pub(crate) fn random(seed: Option<u64>, number: u64) -> fastrand::Rng {
    // Spreads the numbers of requests over all seeds.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    fastrand::Rng::with_seed(seed.unwrap_or_default() ^ number.wrapping_mul(SPREAD))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(header: &str) -> Pace {
        Pace::default().overridden(header).unwrap()
    }

    fn milliseconds(pace: &Pace, pieces: usize) -> Vec<u128> {
        pace.schedule(pieces, 0).map(|due| due.as_millis()).collect()
    }

    #[test]
    fn pieces_without_jitter_are_evenly_spaced() {
        let cases: [(&str, usize, &[u128]); 6] = [
            ("", 3, &[0, 0, 0]),
            ("ttft=200ms", 3, &[200, 200, 200]),
            ("tps=50", 4, &[0, 20, 40, 60]),
            ("ttft=200ms, tps=50, seed=7", 3, &[200, 220, 240]),
            ("time-to-first-token=1s,tokens-per-second=4", 2, &[1000, 1250]),
            ("tps=50", 0, &[]),
        ];
        for (header, pieces, expected) in cases {
            assert_eq!(milliseconds(&pace(header), pieces), expected, "{header}");
        }
    }

    #[test]
    fn jitter_is_bounded_and_has_no_drift() {
        let jittered = pace("ttft=100ms, tps=100, jitter=0.5, seed=7");
        let times: Vec<f64> = jittered.schedule(10_000, 0).map(|due| due.as_secs_f64()).collect();
        assert!((0.05..0.15).contains(&times[0]), "{}", times[0]);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| (0.004_999..0.015_001).contains(gap)));
        assert!(gaps.iter().any(|gap| *gap < 0.006) && gaps.iter().any(|gap| *gap > 0.014));
        assert!((99.0..101.0).contains(&(times[9_999] - times[0])), "{}", times[9_999]);
    }

    #[test]
    fn a_seed_repeats_times_and_requests_differ() {
        let times = |pace: &Pace, number| pace.schedule(50, number).collect::<Vec<_>>();
        let seeded = |seed| Pace { seed: Some(seed), ..pace("ttft=100ms, tps=100, jitter=0.5") };
        assert_eq!(times(&seeded(7), 3), times(&seeded(7), 3));
        assert_ne!(times(&seeded(7), 3), times(&seeded(7), 4));
        assert_ne!(times(&seeded(7), 3), times(&seeded(8), 3));

        let own = seeded(7).overridden("seed=9").unwrap();
        assert_eq!(times(&own, 3), times(&own, 4), "a header's seed decides alone");
    }

    #[test]
    fn a_whole_response_is_due_with_its_last_token() {
        let steady = pace("ttft=200ms, tps=50");
        assert_eq!(steady.whole(6, 0).as_millis(), 300);
        assert_eq!(steady.whole(0, 0).as_millis(), 200);
        assert_eq!(pace("tps=0.000000000000000000001").whole(9, 0), NEVER, "no clock overflows");
        assert_eq!(Pace::default().whole(1_000, 0), Duration::ZERO);
    }

    #[test]
    fn a_header_changes_only_the_settings_it_names() {
        let configured = pace("ttft=200ms, tps=50, seed=7");
        let faster = configured.overridden("tps=100").unwrap();
        assert_eq!(faster, Pace { tokens_per_second: 100.0, ..configured.clone() });
        let none = configured.overridden("none").unwrap();
        assert!(none.is_instant() && none.seed == Some(7));
        assert!(configured.overridden("recorded").unwrap().recorded);
        assert_eq!(configured.overridden(" , "), Ok(configured));
    }

    #[test]
    fn rejects_invalid_headers() {
        for wrong in [
            "fast",
            "ttft",
            "ttft=",
            "ttft=fast",
            "ttft=-1s",
            "tps=-1",
            "tps=inf",
            "tps=NaN",
            "jitter=2",
            "jitter=-0.1",
            "seed=x",
            "seed=-1",
            "none=1",
            "ttft=200ms; tps=50",
        ] {
            assert!(Pace::default().overridden(wrong).is_err(), "{wrong}");
        }
    }
}
