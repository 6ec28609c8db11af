//! One value of each kind of secret, random but the same in every run.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A secret as it is planted, and the part that must not be seen.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) planted: String,
    pub(super) needle: String,
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const WORD: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &str = "0123456789abcdef";
const DIGITS: &str = "0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A generator that needs no seed from outside (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        let size = u64::try_from(alphabet.len()).unwrap();
        let letter = |random: u64| char::from(alphabet[usize::try_from(random % size).unwrap()]);
        (0..length).map(|_| letter(self.next())).collect()
    }

    fn private_key(&mut self, kind: &str) -> (String, String) {
        let lines: Vec<String> = (0..6).map(|_| self.text(CODE, 64)).collect();
        let needle = lines[2][..40].to_owned();
        let end = self.text(CODE, 30);
        let (dashes, lines) = ("-----", lines.join("\n"));
        let label = format!("{kind} KEY");
        let key =
            format!("{dashes}BEGIN {label}{dashes}\n{lines}\n{end}==\n{dashes}END {label}{dashes}");
        (key, needle)
    }

    fn web_token(&mut self) -> String {
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        let subject = self.text(LETTERS, 12);
        let signature = self.text(WORD, 43);
        let head = part(r#"{"alg":"HS256","typ":"JWT"}"#.to_owned());
        format!("{head}.{}.{signature}", part(format!(r#"{{"sub":"{subject}","exp":1900000000}}"#)))
    }
}

/// Prefix, alphabet and length of kinds that consist of them.
#[rustfmt::skip]
const PREFIXED: [(&str, &str, &str, usize); 37] = [
    ("OpenAI sk-", "sk-", LETTERS, 48), ("OpenAI project", "sk-proj-", LETTERS, 120),
    ("OpenAI service account", "sk-svcacct-", LETTERS, 60), ("Anthropic", "sk-ant-api03-", WORD, 95),
    ("OpenRouter", "sk-or-v1-", HEX, 64), ("DeepSeek", "sk-", HEX, 32), ("Google API key", "AIzaSy", LETTERS, 33),
    ("Google access token", "ya29.a0Af", LETTERS, 114), ("Google client secret", "GOCSPX-", LETTERS, 28),
    ("AWS key id", "AKIA", UPPER, 16), ("Bedrock", "ABSK", LETTERS, 122), ("GitHub", "ghp_", LETTERS, 36),
    ("GitLab", "glpat-", LETTERS, 20), ("Hugging Face", "hf_", LETTERS, 34), ("Groq", "gsk_", LETTERS, 52),
    ("xAI", "xai-", LETTERS, 80), ("Perplexity", "pplx-", LETTERS, 48), ("Replicate", "r8_", LETTERS, 37),
    ("Cerebras", "csk-", LETTERS, 48), ("Together", "tgp_v1_", LETTERS, 43), ("NVIDIA", "nvapi-", LETTERS, 64),
    ("Fireworks", "fw_", LETTERS, 24), ("Stripe live", "sk_live_", LETTERS, 24),
    ("Stripe test", "sk_test_", LETTERS, 24), ("Stripe webhook", "whsec_", LETTERS, 32), ("npm", "npm_", LETTERS, 36),
    ("PyPI", "pypi-AgEIcHlwaS5vcmc", LETTERS, 140), ("Twilio", "SK", HEX, 32), ("Databricks", "dapi", HEX, 32),
    ("Vault", "hvs.", LETTERS, 90), ("DigitalOcean", "dop_v1_", HEX, 64), ("age", "AGE-SECRET-KEY-1", UPPER, 58),
    ("Azure, 32 digits", "api-key: ", HEX, 32), ("Azure, 84 characters", "AZURE_OPENAI_API_KEY=", LETTERS, 84),
    ("Cohere", "CO_API_KEY=", LETTERS, 40), ("Mistral", "MISTRAL_API_KEY: ", LETTERS, 32),
    ("AWS session token", "aws_session_token = ", LETTERS, 300),
];

/// The kinds that the acceptance table has.
pub(super) fn all() -> Vec<Kind> {
    let mut random = Random(2026);
    let tail = |text: &str| text[text.len() - 16..].to_owned();
    let mut kinds: Vec<Kind> = PREFIXED
        .iter()
        .map(|(name, prefix, alphabet, length)| {
            let planted = format!("{prefix}{}", random.text(alphabet, *length));
            let needle = tail(&planted);
            Kind { name, planted, needle }
        })
        .collect();
    let mut add = |name, planted: String, needle: String| {
        kinds.push(Kind { name, planted, needle });
    };
    let halves = [random.text(LETTERS, 22), random.text(LETTERS, 59)];
    add("GitHub fine-grained", format!("github_pat_{}_{}", halves[0], halves[1]), tail(&halves[1]));
    let (a, b) = (random.text(DIGITS, 12), random.text(LETTERS, 24));
    add("Slack bot", format!("xoxb-{a}-{a}-{b}"), tail(&b));
    let (a, b) = (random.text(LETTERS, 10), random.text(HEX, 64));
    add("Slack app", format!("xapp-1-A{a}-1234567890123-{b}"), tail(&b));
    let (a, b) = (random.text(LETTERS, 22), random.text(LETTERS, 43));
    add("SendGrid", format!("SG.{a}.{b}"), tail(&b));
    let (a, b) = (random.text(DIGITS, 10), random.text(LETTERS, 33));
    add("Telegram", format!("{a}:AA{b}"), tail(&b));
    let secret = format!("{}/{}", random.text(LETTERS, 20), random.text(LETTERS, 19));
    add("AWS secret key", format!("aws_secret_access_key = {secret}"), tail(&secret));
    let token = random.web_token();
    add("JSON web token", token.clone(), tail(&token));
    for (name, label) in
        [("private key", "PRIVATE"), ("RSA key", "RSA PRIVATE"), ("SSH key", "OPENSSH PRIVATE")]
    {
        let (key, needle) = random.private_key(label);
        add(name, key, needle);
    }
    let (key, needle) = random.private_key("PRIVATE");
    let id = random.text(HEX, 40);
    let account = serde_json::json!({
        "type": "service_account", "project_id": "p", "private_key_id": id, "private_key": key,
    });
    add("Google service account", account.to_string(), needle);
    let opaque = random.text(LETTERS, 43);
    add("bearer token", format!("Authorization: Bearer {opaque}"), tail(&opaque));
    let basic = STANDARD.encode(format!("u:{}", random.text(LETTERS, 24)));
    add("basic auth", format!("Authorization: Basic {basic}"), basic[8..24].to_owned());
    let password = random.text(LETTERS, 20);
    add(
        "password in an address",
        format!("postgres://app:{password}@db.example.com:5432/x"),
        password,
    );
    let value = random.text(LETTERS, 30);
    add(
        "key in an address",
        format!("https://api.example.com/v1/x?key={value}&alt=sse"),
        tail(&value),
    );
    let value = random.text(LETTERS, 40);
    add(
        "signature in an address",
        format!("https://b.example.com/f?se=2026&sig={value}&sv=1"),
        tail(&value),
    );
    let value = random.text(LETTERS, 40);
    add("cookie", format!("Cookie: session={value}; lang=en"), tail(&value));
    kinds
}
