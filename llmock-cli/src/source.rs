//! Where an interaction comes from.

use llmock::{Interaction, Origin};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Source {
    /// A test or a server has recorded it
    Recorded,
    /// Another tool has recorded it
    Imported,
    /// A person wrote the response
    Written,
}

/// The origin that the file states; a reply is written, whatever it states.
pub(crate) fn of(interaction: &Interaction) -> Origin {
    if interaction.is_written() { Origin::Written } else { interaction.origin() }
}

impl PartialEq<Origin> for Source {
    fn eq(&self, origin: &Origin) -> bool {
        let own = match self {
            Self::Recorded => Origin::Recorded,
            Self::Imported => Origin::Imported,
            Self::Written => Origin::Written,
        };
        own == *origin
    }
}
