//! What is known about a provider, apart from which providers there are.

/// The wire format a provider speaks at most of its endpoints; decides how it words errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
    Cohere,
    Bedrock,
}

/// What llmock knows about one provider.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderEntry {
    /// Its name in fixtures and addresses.
    pub(crate) id: &'static str,
    /// The variables that clients and applications read their base URL from, with what each gets;
    /// `{base}` stands for the address of the front. The first one has the shape of `upstream`.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// What a client's base URL ends in after the host.
    pub(crate) base_path: &'static str,
    /// What every path begins with at the provider's own host.
    pub(crate) root: &'static [&'static str],
    /// First segments of paths that exist beside `root`.
    pub(crate) beside_root: &'static [&'static str],
    /// Spellings of a path's beginning that mean another.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Beginnings of paths that are answered alike, though a client's own is the one that is asked; compared as
    /// the second.
    pub(crate) same: &'static [(&'static str, &'static str)],
    /// Query parameters that cannot change the answer.
    pub(crate) idle_query: &'static [&'static str],
    /// Where record mode goes if no variable says otherwise; `None` where every customer has a
    /// host of their own.
    pub(crate) upstream: Option<&'static str>,
    /// Hosts of its API beside that of `upstream`; `*` stands for a customer's or a region's part.
    pub(crate) hosts: &'static [&'static str],
    /// Variables that hold its keys, with what stands in for an absent one in replay.
    pub(crate) keys: &'static [(&'static str, &'static str)],
    /// Other variables without which its clients refuse to start, set in replay where absent.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    pub(crate) shape: Shape,
}

/// A provider without an entry. Nothing is known of its paths, so each is what it says: some lie beside the version.
pub(super) static OTHER: ProviderEntry = ProviderEntry { root: &[], ..UNKNOWN };

/// What an entry of the table leaves out: OpenAI's format, no variables, no host.
pub(super) const UNKNOWN: ProviderEntry = ProviderEntry {
    id: "",
    variables: &[],
    base_path: "/v1",
    root: &["v1"],
    beside_root: &[],
    aliases: &[],
    same: &[],
    idle_query: &[],
    upstream: None,
    hosts: &[],
    keys: &[],
    settings: &[],
    shape: Shape::OpenAi,
};
