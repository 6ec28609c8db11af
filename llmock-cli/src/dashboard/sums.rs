//! What interactions add up to, as pages show it.

use std::collections::BTreeSet;

use llmock::Interaction;

use super::library::{File, Row};
use crate::output::text::{age, since, size, thousands};

#[derive(Clone, Debug, Default)]
pub(crate) struct Sums<'f> {
    pub(crate) fixtures: usize,
    pub(crate) interactions: usize,
    pub(crate) streaming: usize,
    pub(crate) errors: usize,
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) bytes: u64,
    /// Of what has a price, in dollars.
    pub(crate) cost: f64,
    /// Interactions with tokens and without a price.
    pub(crate) unpriced: usize,
    pub(crate) oldest: Option<&'f str>,
    pub(crate) tests: BTreeSet<&'f str>,
}

impl<'f> Sums<'f> {
    pub(crate) fn of_file(file: &'f File) -> Self {
        let mut sums = Self::default();
        sums.add_file(file);
        sums
    }

    pub(crate) fn add_file(&mut self, file: &'f File) {
        self.fixtures += 1;
        self.bytes += file.bytes;
        for (_, interaction, row) in file.numbered() {
            self.add(interaction, row);
        }
    }

    pub(crate) fn add(&mut self, interaction: &'f Interaction, row: &Row) {
        self.interactions += 1;
        self.streaming += usize::from(interaction.is_streaming());
        self.errors += usize::from(interaction.status() >= 400);
        self.input += row.summary.usage.input;
        self.output += row.summary.usage.output;
        match row.cost {
            Some(cost) => self.cost += cost,
            None => self.unpriced += usize::from(row.summary.usage.total() > 0),
        }
        self.oldest = match (self.oldest, interaction.recorded_at()) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        self.tests.extend(interaction.test());
    }

    /// `1,200 + 34`.
    pub(crate) fn tokens(&self) -> String {
        tokens(self.input, self.output)
    }

    /// Dollars for one run on the providers, or a dash if nothing has a price.
    pub(crate) fn price(&self) -> String {
        if self.unpriced > 0 && self.cost == 0.0 { "–".to_owned() } else { dollars(self.cost) }
    }

    /// What the price leaves out.
    pub(crate) fn unpriced_note(&self) -> String {
        match self.unpriced {
            0 => String::new(),
            number => format!("+ {} without a price", thousands(number)),
        }
    }

    pub(crate) fn age(&self) -> String {
        age_of(self.oldest)
    }

    pub(crate) fn size(&self) -> String {
        size(self.bytes)
    }
}

pub(crate) fn tokens(input: u64, output: u64) -> String {
    let number = |number| thousands(usize::try_from(number).unwrap_or(usize::MAX));
    match (input, output) {
        (0, 0) => "–".to_owned(),
        _ => format!("{} + {}", number(input), number(output)),
    }
}

pub(crate) fn age_of(recorded_at: Option<&str>) -> String {
    since(recorded_at).map_or_else(|| "–".to_owned(), age)
}

/// `$12.34`, with four digits below a dollar.
pub(crate) fn dollars(amount: f64) -> String {
    if amount == 0.0 {
        "$0".to_owned()
    } else if amount < 0.0001 {
        "< $0.0001".to_owned()
    } else if amount < 1.0 {
        format!("${amount:.4}")
    } else {
        format!("${amount:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_short() {
        for (amount, expected) in
            [(0.0, "$0"), (0.000_01, "< $0.0001"), (0.0123, "$0.0123"), (12.345, "$12.35")]
        {
            assert_eq!(dollars(amount), expected);
        }
    }
}
