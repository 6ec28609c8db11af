//! What one run of the suite would cost without its recordings.

use std::collections::BTreeMap;

use askama::Template;

use super::Board;
use crate::dashboard::sums::Sums;
use crate::output::text::{shortened, thousands, visible};

#[derive(Template)]
#[template(path = "cost.html")]
pub(crate) struct Cost {
    total: String,
    tokens: String,
    note: String,
    models: Vec<CostRow>,
    suites: Vec<CostRow>,
    date: &'static str,
}

struct CostRow {
    name: String,
    detail: String,
    href: Option<String>,
    interactions: String,
    tokens: String,
    price: String,
    note: String,
    /// Of the largest row, from 0 to 100.
    share: u8,
}

impl Cost {
    pub(crate) fn new(board: &Board) -> Self {
        let mut all = Sums::default();
        let mut models: BTreeMap<(&str, &str), Sums<'_>> = BTreeMap::new();
        let mut suites: BTreeMap<&str, Sums<'_>> = BTreeMap::new();
        for file in &board.snapshot.files {
            all.add_file(file);
            suites.entry(file.suite()).or_default().add_file(file);
            for (_, interaction, row) in file.numbered() {
                let model = row.summary.model.as_deref().unwrap_or("–");
                models
                    .entry((interaction.provider().id(), model))
                    .or_default()
                    .add(interaction, row);
            }
        }
        let model_rows = models.iter().map(|((provider, model), sums)| CostRow {
            detail: visible(provider),
            ..cost_row(shortened(model, 80), sums)
        });
        let suite_rows = suites.iter().map(|(suite, sums)| CostRow {
            href: Some(board.links.fixtures(suite, "", 1)),
            ..cost_row(visible(suite), sums)
        });
        let models_by_cost = by_cost(model_rows.zip(models.values()).collect());
        let suites_by_cost = by_cost(suite_rows.zip(suites.values()).collect());
        Self {
            total: all.price(),
            tokens: all.tokens(),
            note: all.unpriced_note(),
            models: models_by_cost,
            suites: suites_by_cost,
            date: llmock::__command::PRICES_DATE,
        }
    }
}

fn cost_row(name: String, sums: &Sums<'_>) -> CostRow {
    CostRow {
        name,
        detail: String::new(),
        href: None,
        interactions: thousands(sums.interactions),
        tokens: sums.tokens(),
        price: sums.price(),
        note: sums.unpriced_note(),
        share: 0,
    }
}

/// The most expensive one first.
fn by_cost(mut rows: Vec<(CostRow, &Sums<'_>)>) -> Vec<CostRow> {
    rows.sort_by(|(_, left), (_, right)| right.cost.total_cmp(&left.cost));
    let most = rows.first().map_or(0.0, |(_, sums)| sums.cost);
    let share = |cost: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 100"
        )]
        let share = if most > 0.0 { (cost / most * 100.0).round() as u8 } else { 0 };
        share
    };
    rows.into_iter().map(|(row, sums)| CostRow { share: share(sums.cost), ..row }).collect()
}
