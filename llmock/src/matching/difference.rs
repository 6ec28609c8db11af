//! A difference between two requests, as data.

use super::binary::BinaryDifference;
use super::labels::Label;

/// One difference that the key sees. Both sides are JSON text, in full unless it is long; `None` is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `$.messages[1].content` as `ignore` takes it, or `method`, `path`, `query.alt`, `body`.
    /// Indices are those of the sent array, for removed elements those of the recorded one.
    pub(crate) path: String,
    pub(crate) recorded: Option<String>,
    pub(crate) sent: Option<String>,
    /// Both sides are the same but for an order.
    pub(crate) reordered: Option<Reordered>,
    /// What the path leads to: whose message, which tool.
    pub(crate) label: Option<Label>,
    /// Both sides are arrays, and this is how their elements differ.
    pub(crate) elements: Option<Elements>,
    /// Both sides are texts that are JSON: where that differs, with paths inside the text.
    pub(crate) inside: Vec<Difference>,
    /// Both sides are files.
    pub(crate) binary: Option<BinaryDifference>,
}

/// What has a different order in an otherwise equal value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reordered {
    /// The elements of an array.
    Elements,
    /// Members and elements of JSON that is a text.
    Json,
}

/// How the elements of two arrays differ, apart from changes inside of them. Positions count from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Elements {
    /// How many there are on each side.
    pub(crate) recorded: usize,
    pub(crate) sent: usize,
    /// The elements as sent, if that is the recorded order reversed.
    pub(crate) reversed: Option<Vec<Label>>,
    pub(crate) changes: Vec<ElementChange>,
    /// Changes that are not listed.
    pub(crate) more: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ElementChange {
    Added { element: Label, at: usize },
    Removed { element: Label, at: usize },
    Moved { element: Label, from: usize, to: usize, past: Option<Label> },
    Swapped { elements: [Label; 2], positions: [usize; 2] },
}
