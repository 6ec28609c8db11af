//! What else in the folder of a fixture explains a miss: the request in another file, a name that is nearly the same, and
//! interactions of other tests.

/// A fixture that the test may have meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Elsewhere {
    /// The file as a person would type it.
    pub(crate) path: String,
    /// Its name, as `fixture = "..."` takes it.
    pub(crate) name: String,
    /// The test that recorded the request, if it is another one.
    pub(crate) owner: Option<String>,
    /// It has a request that was missed; otherwise only its name is similar.
    pub(crate) holds_request: bool,
    /// The shell line that gives it the name that this test's fixture should have, if the test does not name it.
    pub(crate) rename: Option<String>,
}

/// Interactions of the test's own fixture that are not the test's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OthersInFixture {
    pub(crate) owners: Vec<String>,
    pub(crate) interactions: Vec<usize>,
    /// Recording removes them.
    pub(crate) is_replaced: bool,
}
