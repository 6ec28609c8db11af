//! How a text is divided into the pieces of a stream.

/// How a streamed answer is cut; see [`Reply::chunks`](super::content::Reply::chunks).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Chunks {
    /// A word and the blanks before it, much as models' tokens are: `Hello`, ` there`, ` !`.
    #[default]
    Words,
    /// So many characters each; zero counts as one.
    Characters(usize),
    /// All in one piece.
    Whole,
}

/// How much of a tool call's arguments one event carries when the text goes by words: JSON may have
/// no blanks, and a client that joins pieces shall have something to join.
const ARGUMENTS: usize = 12;

impl Chunks {
    /// The pieces of a text, none of them empty.
    pub(crate) fn of(self, text: &str) -> Vec<&str> {
        match self {
            Self::Words => words(text),
            Self::Characters(count) => characters(text, count),
            Self::Whole => characters(text, usize::MAX),
        }
    }

    pub(crate) fn of_arguments(self, text: &str) -> Vec<&str> {
        match self {
            Self::Words => characters(text, ARGUMENTS),
            other => other.of(text),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut in_word) = (0, false);
    for (at, character) in text.char_indices() {
        if in_word && character.is_whitespace() {
            pieces.push(&text[start..at]);
            start = at;
        }
        in_word = !character.is_whitespace();
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

fn characters(text: &str, count: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(count.max(1)).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_texts_into_pieces() {
        for (chunks, text, pieces) in [
            (Chunks::Words, "Hello  big\nworld ", &["Hello", "  big", "\nworld", " "][..]),
            (Chunks::Words, " a", &[" a"]),
            (Chunks::Words, "  ", &["  "]),
            (Chunks::Words, "", &[]),
            (Chunks::Characters(2), "añb日c", &["añ", "b日", "c"]),
            (Chunks::Characters(0), "ab", &["a", "b"]),
            (Chunks::Whole, "a b", &["a b"]),
            (Chunks::Whole, "", &[]),
        ] {
            assert_eq!(chunks.of(text), pieces, "{chunks:?} {text:?}");
        }
        assert_eq!(
            Chunks::Words.of_arguments(r#"{"city":"Paris"}"#),
            [r#"{"city":"Par"#, r#"is"}"#]
        );
    }
}
