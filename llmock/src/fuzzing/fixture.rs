//! The fixture parser: a file is refused, or what it holds can be written and read again.

use crate::fixture::format;
use crate::matching::{self, MatchRules};

pub(super) fn parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let interactions = match format::read(text) {
        Ok(interactions) => interactions,
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.lines().count() <= 2, "an error has one line, and a hint: {shown}");
            return;
        }
    };
    let written = format::write(&interactions);
    let again = format::read(&written).unwrap_or_else(|error| panic!("{error} in {written}"));
    assert_eq!(interactions.len(), again.len());
    for (interaction, again) in interactions.iter().zip(&again) {
        assert_eq!(interaction.response, again.response, "responses change: {written}");
        let key = |request| matching::key(interaction.provider, request, &MatchRules::default());
        assert_eq!(key(&interaction.request), key(&again.request), "keys change: {written}");
        let _ = (interaction.model(), interaction.prompt(), interaction.hash());
    }
}
