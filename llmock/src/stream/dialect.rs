//! How one server spells its framing: stored once per stream, so that events contain only what differs.
//!
//! Every default is the most common spelling, which a fixture does not mention.

/// The spelling of a stream; each framing looks only at the members that concern it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// SSE and NDJSON: what ends a line.
    pub(crate) eol: Eol,
    /// SSE: whether one space follows the colon of `data:`, `event:` and `id:`.
    pub(crate) space_after_colon: bool,
    /// SSE: the order of the fields of an event.
    pub(crate) field_order: [Field; 3],
    /// NDJSON: whether the last line is ended too.
    pub(crate) final_eol: bool,
    /// JSON array: the text around the elements.
    pub(crate) array: ArrayMarks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eol {
    Lf,
    CrLf,
    Cr,
}

/// A field of a server-sent event that [`Item::Sse`](super::Item::Sse) knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Event,
    Id,
    Data,
}

/// The exact text around the elements of a JSON array; the default is Gemini's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArrayMarks {
    pub(crate) open: String,
    /// Before every other element, from the comma on.
    pub(crate) before: String,
    /// After every element but the last, up to the comma.
    pub(crate) after: String,
    /// After the last element; empty if the array was cut there.
    pub(crate) close: String,
}

impl Dialect {
    /// The most common order of fields; an `id` is rare.
    pub(crate) const FIELD_ORDER: [Field; 3] = [Field::Id, Field::Event, Field::Data];
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            eol: Eol::Lf,
            space_after_colon: true,
            field_order: Self::FIELD_ORDER,
            final_eol: true,
            array: ArrayMarks::default(),
        }
    }
}

impl Default for ArrayMarks {
    fn default() -> Self {
        Self {
            open: "[".to_owned(),
            before: ",\r\n".to_owned(),
            after: "\n".to_owned(),
            close: "\n]".to_owned(),
        }
    }
}

impl Eol {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

impl Field {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Id => "id",
            Self::Data => "data",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Event, Self::Id, Self::Data].into_iter().find(|field| field.name() == name)
    }
}
