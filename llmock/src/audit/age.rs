//! How old recordings are: providers change what they respond.

use llmock_rules::MaxAge;

use super::Conclusion;
use crate::fixture::moment::seconds;

/// A recording that was used: its number in the file, and when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) interaction: usize,
    /// RFC 3339, in UTC.
    pub(crate) at: String,
}

/// What a test is told about recordings that are too old now, in seconds since 1970.
pub(crate) fn conclusion(used: &[Recorded], rule: MaxAge, now: u64) -> Option<Conclusion> {
    let limit = rule.limit()?.as_secs();
    let is_old =
        |one: &&Recorded| seconds(&one.at).is_some_and(|at| now.saturating_sub(at) > limit);
    let mut old: Vec<&Recorded> = used.iter().filter(is_old).collect();
    old.sort_by_key(|one| one.interaction);
    old.dedup();
    let oldest = old.iter().min_by_key(|one| seconds(&one.at))?;
    let (day, which) = (oldest.at.get(..10).unwrap_or_default(), oldest.interaction);
    let what = match old.len() {
        1 => format!("#{which} was recorded on {day}, which"),
        many => {
            format!("{many} of the recordings that the test uses, the oldest of {day} (#{which}),")
        }
    };
    let verb = if old.len() == 1 { "is" } else { "are" };
    Some(Conclusion {
        code: "stale",
        message: format!("{what} {verb} longer ago than {}", rule.shown()),
        remedy: Some("record again: {record}".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_and_finds_what_is_too_old() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T12:00:00Z"), Some(951_825_600));
        assert_eq!(seconds("2026-11-30T00:00:00Z"), Some(1_795_996_800));
        assert_eq!(seconds("yesterday"), None);
        let recorded = |interaction, at: &str| Recorded { interaction, at: at.to_owned() };
        let used = [recorded(2, "2026-08-01T00:00:00Z"), recorded(1, "2026-11-29T00:00:00Z")];
        let told = |rule: &str| {
            conclusion(&used, MaxAge::parse(rule).unwrap(), 1_795_996_800).map(|one| one.message)
        };
        let message = "#2 was recorded on 2026-08-01, which is longer ago than 90 days";
        assert_eq!(told("90d").as_deref(), Some(message));
        assert_eq!(told("365d"), None);
        let message = "2 of the recordings that the test uses, the oldest of 2026-08-01 (#2), are longer ago than 1 hour";
        assert_eq!(told("1h").as_deref(), Some(message));
    }
}
