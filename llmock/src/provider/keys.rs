//! The shapes of keys, those of providers and of other services.

pub(crate) struct KeyShape {
    pub(crate) prefixes: &'static [&'static str],
    /// How many bytes of a prefix are no secret, such as `Bearer `.
    pub(crate) kept: usize,
    pub(crate) name: &'static str,
    pub(crate) body: fn(u8) -> bool,
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
}

const fn shape(
    prefixes: &'static [&'static str],
    name: &'static str,
    body: fn(u8) -> bool,
    shortest: usize,
    longest: usize,
) -> KeyShape {
    KeyShape { prefixes, kept: 0, name, body, shortest, longest }
}

/// Lengths do not include the prefix. A longer prefix comes before a shorter one that it begins with.
pub(crate) static KEY_SHAPES: &[KeyShape] = &[
    shape(&["sk-ant-"], "ANTHROPIC_KEY", is_word, 24, 200),
    shape(&["sk-or-"], "OPENROUTER_KEY", is_word, 24, 200),
    shape(&["sk-proj-", "sk-svcacct-", "sk-admin-"], "OPENAI_KEY", is_word, 24, 300),
    shape(&["sk-"], "API_KEY", is_word, 20, 300),
    shape(&["sk_live_", "rk_live_"], "STRIPE_KEY", is_alphanumeric, 20, 200),
    shape(&["AIza"], "GOOGLE_KEY", is_word, 35, 35),
    shape(&["ya29."], "GOOGLE_TOKEN", is_word, 40, 1000),
    shape(&["gsk_"], "GROQ_KEY", is_alphanumeric, 40, 80),
    shape(&["xai-"], "XAI_KEY", is_alphanumeric, 40, 120),
    shape(&["pplx-"], "PERPLEXITY_KEY", is_alphanumeric, 40, 80),
    shape(&["hf_"], "HUGGINGFACE_TOKEN", is_alphanumeric, 30, 64),
    shape(&["r8_"], "REPLICATE_TOKEN", is_alphanumeric, 32, 64),
    shape(&["csk-"], "CEREBRAS_KEY", is_alphanumeric, 40, 80),
    shape(&["tgp_v1_"], "TOGETHER_KEY", is_word, 40, 80),
    shape(&["AKIA", "ASIA"], "AWS_KEY_ID", is_upper, 16, 16),
    shape(&["ABSK"], "AWS_BEARER_TOKEN", is_base64, 80, 400),
    shape(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], "GITHUB_TOKEN", is_alphanumeric, 36, 255),
    shape(&["github_pat_"], "GITHUB_TOKEN", is_word, 60, 255),
    shape(&["glpat-"], "GITLAB_TOKEN", is_word, 20, 64),
    shape(&["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"], "SLACK_TOKEN", is_word, 20, 255),
    KeyShape { kept: 7, ..shape(&["Bearer ", "bearer "], "BEARER", is_bearer, 20, 4096) },
];

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

/// Both alphabets of base64.
pub(crate) fn is_base64(byte: u8) -> bool {
    is_word(byte) || b"+/=".contains(&byte)
}

fn is_bearer(byte: u8) -> bool {
    is_base64(byte) || byte == b'.' || byte == b'~'
}
