//! The facts about one provider; [`table`](super::table) lists the providers.

/// The wire format of most endpoints of a provider; decides the shape of its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
    Cohere,
    Bedrock,
}

/// Where the stream of a chat completion has its usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamUsage {
    /// In an extra last chunk, with `stream_options.include_usage`.
    OnRequest,
    /// Always in an extra last chunk.
    Always,
    /// Always in the chunk with the finish reason.
    AtTheEnd,
    /// Always in the member `x_groq` of that chunk, and on request in an extra chunk too.
    InGroqsOwn,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderEntry {
    /// Its name in fixtures and addresses.
    pub(crate) id: &'static str,
    /// The variables that clients and applications read their base URL from, each with the path that its value has
    /// after the provider's segment of the front. The first one has the shape of `upstream`.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// Those of them in which clients read every word as the name of a host.
    pub(crate) host_variables: &'static [&'static str],
    /// The path of a client's base URL.
    pub(crate) base_path: &'static str,
    /// The first segments of every path at the provider's own host.
    pub(crate) root: &'static [&'static str],
    /// First segments of paths outside `root`.
    pub(crate) beside_root: &'static [&'static str],
    /// Other spellings of the beginning of a path, each with the canonical one.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Beginnings of paths that the provider treats alike: requests are forwarded with the one that the client sent
    /// and compared with the second.
    pub(crate) same: &'static [(&'static str, &'static str)],
    /// Query parameters that cannot change the response.
    pub(crate) idle_query: &'static [&'static str],
    /// The upstream of a recording unless a variable names another; `None` where every customer has a host of their
    /// own.
    pub(crate) upstream: Option<&'static str>,
    /// Other hosts of its API; `*` stands for the part of a customer or a region.
    pub(crate) hosts: &'static [&'static str],
    /// Variables that hold its keys, each with the placeholder that replay sets if it is missing.
    pub(crate) keys: &'static [(&'static str, &'static str)],
    /// Other variables that its clients need in order to start, set in replay if missing.
    pub(crate) settings: &'static [(&'static str, &'static str)],
    pub(crate) shape: Shape,
    /// The member of chat completions with the text of the reasoning, if they show it.
    pub(crate) reasoning: Option<&'static str>,
    pub(crate) stream_usage: StreamUsage,
}

/// A provider without an entry. Nothing is known about its paths, so each is taken as it is: some are outside the
/// version.
pub(super) static OTHER: ProviderEntry = ProviderEntry { root: &[], ..UNKNOWN };

/// The defaults of a table entry: OpenAI's format, no variables, no host.
pub(super) const UNKNOWN: ProviderEntry = ProviderEntry {
    id: "",
    variables: &[],
    host_variables: &[],
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
    reasoning: Some("reasoning_content"),
    stream_usage: StreamUsage::OnRequest,
};
