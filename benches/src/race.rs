//! Contenders take turns, so that what disturbs one disturbs the other.

use std::time::{Duration, Instant};

/// When a race ends.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// After this many rounds.
    pub rounds: usize,
    /// Or after the round in which this time is over.
    pub budget: Duration,
}

/// One way of doing something.
pub struct Contender<'a> {
    name: String,
    /// Does it once, and says how long that took: what prepares or cleans up does not count.
    run: Box<dyn FnMut() -> Duration + 'a>,
}

/// The times of one contender, one for each round.
#[derive(Clone, Debug)]
pub struct Times {
    /// As the contender was introduced.
    pub name: String,
    times: Vec<Duration>,
}

/// The middle half of some ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter is smaller.
    pub low: f64,
    /// Half of them are.
    pub median: f64,
    /// A quarter is larger.
    pub high: f64,
}

/// A contender that times itself.
pub fn timed<'a>(name: impl Into<String>, run: impl FnMut() -> Duration + 'a) -> Contender<'a> {
    Contender { name: name.into(), run: Box::new(run) }
}

/// A contender of which everything counts.
pub fn whole<'a, T>(name: impl Into<String>, mut run: impl FnMut() -> T + 'a) -> Contender<'a> {
    timed(name, move || {
        let started = Instant::now();
        let result = run();
        let took = started.elapsed();
        drop(result);
        took
    })
}

/// Lets every contender run once a round, every other round in reverse order.
pub fn race(plan: Plan, mut contenders: Vec<Contender<'_>>) -> Vec<Times> {
    // What happens once a process (threads, caches, lazy statics) is nobody's fault.
    for contender in &mut contenders {
        (contender.run)();
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); contenders.len()];
    let started = Instant::now();
    for round in 0..plan.rounds {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            times[at].push((contenders[at].run)());
        }
        if started.elapsed() > plan.budget {
            break;
        }
    }
    let named = contenders.into_iter().zip(times);
    named.map(|(contender, times)| Times { name: contender.name, times }).collect()
}

impl std::fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contender").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Times {
    /// The time that `part` of the rounds, `0.5` or `0.99`, did not exceed.
    pub fn percentile(&self, part: f64) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        percentile(&sorted, part)
    }

    /// How much longer than the rival's half of the rounds took.
    pub fn beyond(&self, rival: &Self) -> Duration {
        let pairs = self.times.iter().zip(&rival.times);
        let mut more: Vec<Duration> =
            pairs.map(|(own, other)| own.saturating_sub(*other)).collect();
        more.sort_unstable();
        percentile(&more, 0.5)
    }

    /// How many times the rival's time this one's is, round by round.
    pub fn against(&self, rival: &Self) -> Spread {
        let pairs = self.times.iter().zip(&rival.times);
        let mut ratios: Vec<f64> =
            pairs.map(|(own, other)| own.as_secs_f64() / other.as_secs_f64().max(1e-9)).collect();
        ratios.sort_unstable_by(f64::total_cmp);
        Spread {
            low: percentile(&ratios, 0.25),
            median: percentile(&ratios, 0.5),
            high: percentile(&ratios, 0.75),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into some thousand values"
)]
fn percentile<T: Copy>(sorted: &[T], part: f64) -> T {
    let last = sorted.len() - 1;
    sorted[((last as f64 * part).round() as usize).min(last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_in_each_round_before_the_median() {
        let millis = |times: &[u64]| Times {
            name: String::new(),
            times: times.iter().copied().map(Duration::from_millis).collect(),
        };
        // The rounds differ, the relation does not.
        let (own, rival) = (millis(&[2, 20, 200]), millis(&[1, 10, 100]));
        assert_eq!(own.against(&rival), Spread { low: 2.0, median: 2.0, high: 2.0 });
        assert_eq!(own.beyond(&rival), Duration::from_millis(10));
        assert_eq!(own.percentile(0.5), Duration::from_millis(20));
        assert_eq!(own.percentile(1.0), Duration::from_millis(200));
    }

    #[test]
    fn contenders_take_turns() {
        let order = std::cell::RefCell::new(String::new());
        let contender = |name: &'static str| whole(name, || order.borrow_mut().push_str(name));
        let plan = Plan { rounds: 3, budget: Duration::MAX };
        race(plan, vec![contender("a"), contender("b")]);
        // The first pair warms up.
        assert_eq!(*order.borrow(), "ababbaab");
    }
}
