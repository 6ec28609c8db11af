//! Finds the recorded request that is most similar to a miss.
//!
//! A fixture may hold thousands: all are compared by common words, the best few by structure.

use super::align::{alike, likeness};
use super::diff::{Subject, diff_of, subject};
use super::difference::Difference;
use super::divergence::{Divergence, divergence};
use super::long;
use super::resemblance::resemble;
use super::rules::MatchRules;
use super::target::{RequestTarget, target};
use super::tree::{TreeNode, word_hash, words};
use crate::fixture::interaction::{Body, Interaction, Part, PartValue, Request};
use crate::provider::Provider;

/// The recorded request most like the one that missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nearest {
    pub(crate) at: usize,
    /// 100 only for the same request.
    pub(crate) alike_percent: u8,
    /// Whether the prompts are alike: requests of one program share everything else.
    pub(crate) resembles: bool,
    /// Where the conversation leaves the recorded one.
    pub(crate) divergence: Option<Divergence>,
}

const FINALISTS: usize = 8;
/// The bodies of all finalists together, unless the first one alone is longer.
const MOST_BYTES: usize = 16 << 20;
/// Below this a request to another path does not help.
const LEAST_ALIKE_ELSEWHERE: u8 = 40;

/// The candidate most similar to `request`, and how it differs; the first of equals. Candidates with the same provider,
/// method, and path take precedence. Without one, another path of the provider counts if the request is similar enough.
pub(crate) fn nearest<'i>(
    provider: Provider,
    request: &Request,
    candidates: impl Iterator<Item = (usize, &'i Interaction)>,
    rules: &MatchRules,
) -> Option<(Nearest, Vec<Difference>)> {
    let address = target(provider, &request.path, rules);
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for (at, interaction) in candidates {
        let other = &interaction.request;
        if interaction.provider == provider && other.method.eq_ignore_ascii_case(&request.method) {
            let same = target(provider, &other.path, rules).path == address.path;
            if same { here.push((at, other)) } else { elsewhere.push((at, other)) }
        }
    }
    let least = if here.is_empty() { LEAST_ALIKE_ELSEWHERE } else { 0 };
    let pool = if here.is_empty() { elsewhere } else { here };
    let sent = Profile::new(provider, request, rules);
    let mut best: Option<(Nearest, &Request, Profile)> = None;
    for (at, candidate) in finalists(request, pool) {
        let profile = Profile::new(provider, candidate, rules);
        let alike_percent = sent.percent(&profile);
        let is_best = best.as_ref().is_none_or(|(best, ..)| alike_percent > best.alike_percent);
        if alike_percent >= least && is_best {
            best = Some((
                Nearest { at, alike_percent, resembles: true, divergence: None },
                candidate,
                profile,
            ));
        }
    }
    let (mut nearest, recorded, profile) = best?;
    if let (Subject::Json(old), Subject::Json(new)) = (&profile.body, &sent.body) {
        nearest.resembles = resemble(old, new);
        nearest.divergence = divergence(old, new);
    }
    let bodies = [&profile.body, &sent.body];
    Some((nearest, diff_of(recorded, request, provider, rules, bodies)))
}

/// The candidates with the most words in common with the request, in their own order: not more than can be compared
/// while a client waits.
fn finalists<'i>(request: &Request, pool: Vec<(usize, &'i Request)>) -> Vec<(usize, &'i Request)> {
    let total: usize = pool.iter().map(|(_, candidate)| size(candidate)).sum();
    if pool.len() <= FINALISTS && total <= MOST_BYTES {
        return pool;
    }
    let sketch = Sketch::of(request);
    let mut scored: Vec<_> = pool
        .into_iter()
        .enumerate()
        .map(|(order, candidate)| (sketch.shared_permille(candidate.1), order, candidate))
        .collect();
    scored.sort_unstable_by_key(|(score, order, _)| (std::cmp::Reverse(*score), *order));
    let mut bytes = 0;
    let fits = |(at, (_, _, (_, candidate))): &(usize, (usize, usize, (usize, &Request)))| {
        bytes += size(candidate);
        *at == 0 || (*at < FINALISTS && bytes <= MOST_BYTES)
    };
    let mut chosen: Vec<_> = scored.into_iter().enumerate().take_while(fits).collect();
    chosen.sort_unstable_by_key(|(_, (_, order, _))| *order);
    chosen.into_iter().map(|(_, (_, _, candidate))| candidate).collect()
}

fn size(request: &Request) -> usize {
    match &request.body {
        Body::Json(text) | Body::Text(text) => text.len(),
        Body::Bytes(bytes) => bytes.len(),
        Body::Form(_) | Body::Empty => 0,
    }
}

/// The words of a request as bits: enough to exclude candidates that have nothing in common with it.
struct Sketch {
    bits: Vec<u64>,
    words: usize,
}

impl Sketch {
    fn of(request: &Request) -> Self {
        let mut sketch = Self { bits: vec![0; 1 << 10], words: 0 };
        each_word(request, |at, bit| {
            sketch.bits[at] |= bit;
            sketch.words += 1;
        });
        sketch
    }

    fn shared_permille(&self, other: &Request) -> usize {
        let (mut shared, mut all) = (0, self.words);
        each_word(other, |at, bit| {
            shared += usize::from(self.bits[at] & bit != 0);
            all += 1;
        });
        // A long body must not win because it has every word: its other words count against it.
        2000 * shared.min(self.words) / all.max(1)
    }
}

/// Calls `note` with the place in a sketch of every word of a request.
fn each_word(request: &Request, mut note: impl FnMut(usize, u64)) {
    let mut then = |text: &str| {
        for hash in long::samples(text).flat_map(words).map(word_hash) {
            note((hash >> 22) as usize, 1 << ((hash >> 16) & 63));
        }
    };
    then(&request.path);
    match &request.body {
        Body::Json(text) | Body::Text(text) => then(text),
        Body::Form(parts) => parts.iter().for_each(|Part { name, value, .. }| {
            then(name);
            match value {
                PartValue::Text(text) => then(text),
                PartValue::File { sha256, .. } => then(sha256),
            }
        }),
        Body::Empty | Body::Bytes(_) => {}
    }
}

/// A request, prepared for the exact comparison.
struct Profile {
    target: RequestTarget,
    range: Option<String>,
    headers: Vec<(String, String)>,
    body: Subject,
}

impl Profile {
    fn new(provider: Provider, request: &Request, rules: &MatchRules) -> Self {
        let headers = rules.compared_headers(request).into_iter();
        let headers = headers.map(|(name, value)| (name.to_owned(), value.into_owned()));
        Self {
            target: target(provider, &request.path, rules),
            range: request.range.clone(),
            headers: headers.collect(),
            body: subject(provider, request, rules),
        }
    }

    fn percent(&self, other: &Self) -> u8 {
        let (address, of_address) = self.shared_address(other);
        let (body, of_body, is_same) = match (&self.body, &other.body) {
            (Subject::Json(a), Subject::Json(b))
            | (Subject::Form(a), Subject::Form(b))
            | (Subject::Opaque(Some(a)), Subject::Opaque(Some(b))) => {
                (2.0 * alike(a, b), a.weight + b.weight, a.hash == b.hash)
            }
            (Subject::Opaque(None), Subject::Opaque(None)) => (2.0, 2.0, true),
            _ => (0.0, 2.0, false),
        };
        let (part, whole) = (address + body, of_address + of_body);
        let is_same = is_same
            && self.target == other.target
            && self.range == other.range
            && self.headers == other.headers;
        if part >= whole && is_same {
            return 100;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let percent = (100.0 * part / whole).clamp(0.0, 99.0) as u8;
        percent
    }

    /// The common and the total weight of path and query.
    fn shared_address(&self, other: &Self) -> (f32, f32) {
        let [a, b] = [self, other].map(|side| TreeNode::text(&side.target.path, ""));
        let mut part = 2.0 * likeness(&a, &b);
        let mut whole = 2.0;
        if self.range.is_some() || other.range.is_some() {
            whole += 1.0;
            part += f32::from(u8::from(self.range == other.range));
        }
        let (a, b) = (&self.target.query, &other.target.query);
        for (pairs, others) in [(a, b), (b, a)] {
            for pair in pairs {
                whole += 1.0;
                part += f32::from(u8::from(others.contains(pair)));
            }
        }
        (part, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::interaction::{Content, Origin, Response};

    fn interaction(provider: Provider, path: &str, body: &str) -> Interaction {
        let request = Request {
            method: "POST".into(),
            path: path.into(),
            range: None,
            headers: Vec::new(),
            body: Body::Json(body.into()),
        };
        let response = Response {
            status: 200,
            headers: Vec::new(),
            ms: None,
            content: Content::Body(Body::Empty),
        };
        Interaction {
            hash: String::new(),
            provider,
            test: None,
            recorded_at: None,
            origin: Origin::Recorded,
            written: None,
            request,
            response,
        }
    }

    const CHAT: &str = "/v1/chat/completions";

    fn message(text: &str) -> String {
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{text}"}}]}}"#)
    }

    fn find(recorded: &[Interaction], sent: &Interaction) -> Option<Nearest> {
        let candidates = recorded.iter().enumerate();
        nearest(sent.provider, &sent.request, candidates, &MatchRules::default())
            .map(|(nearest, _)| nearest)
    }

    #[test]
    fn prefers_the_same_path_and_then_the_same_words() {
        let recorded = [
            interaction(Provider::OpenAI, "/v1/responses", &message("the quick brown fox")),
            interaction(Provider::Groq, CHAT, &message("the quick brown fox")),
            interaction(Provider::OpenAI, CHAT, &message("translate this sentence please")),
            interaction(Provider::OpenAI, CHAT, &message("the quick brown dog")),
        ];
        let found =
            find(&recorded, &interaction(Provider::OpenAI, CHAT, &message("the quick brown fox")))
                .unwrap();
        assert_eq!(found.at, 3);
        assert!((80..100).contains(&found.alike_percent), "{found:?}");
    }

    #[test]
    fn considers_other_paths_only_without_the_same_path() {
        let gemini = |model: &str| {
            let path = format!("/v1beta/models/{model}:generateContent");
            interaction(
                Provider::Gemini,
                &path,
                r#"{"contents":[{"parts":[{"text":"hello there"}]}]}"#,
            )
        };
        let found = find(&[gemini("gemini-2.0-flash")], &gemini("gemini-2.5-flash")).unwrap();
        assert!((60..100).contains(&found.alike_percent), "{found:?}");
        let unlike = interaction(Provider::Gemini, "/v1beta/files", r#"{"file":{"name":"x"}}"#);
        assert_eq!(find(&[unlike], &gemini("gemini-2.5-flash")), None);
        assert_eq!(find(&[], &gemini("gemini-2.5-flash")), None);
    }

    #[test]
    fn only_the_same_request_is_100_percent_alike() {
        let long = "lorem ipsum ".repeat(500);
        let recorded = [interaction(Provider::OpenAI, CHAT, &message(&long))];
        let same = interaction(Provider::OpenAI, CHAT, &message(&long));
        assert_eq!(
            find(&recorded, &same),
            Some(Nearest { at: 0, alike_percent: 100, resembles: true, divergence: None })
        );
        let almost = interaction(Provider::OpenAI, CHAT, &message(&format!("{long} dolor")));
        assert_eq!(
            find(&recorded, &almost),
            Some(Nearest { at: 0, alike_percent: 99, resembles: true, divergence: None })
        );
    }

    #[test]
    fn finds_one_among_thousands() {
        let recorded: Vec<_> = (0..3000)
            .map(|n| {
                let text =
                    format!("question {n} about topic {} in city {}", n * 7 % 1009, n * 13 % 997);
                interaction(Provider::OpenAI, CHAT, &message(&text))
            })
            .collect();
        let sent = message("question 1234 about topic 566 in city 91 now");
        let found = find(&recorded, &interaction(Provider::OpenAI, CHAT, &sent)).unwrap();
        assert_eq!((1234 * 7 % 1009, 1234 * 13 % 997), (566, 90), "the sent city differs");
        assert_eq!(found.at, 1234);
    }

    /// How often the structural comparison and the words alone find the recording that means the same.
    #[test]
    fn finds_what_means_the_same_in_other_words() {
        use crate::matching::Lexicon;
        let pairs: Vec<Vec<&str>> = include_str!("pairs.tsv")
            .lines()
            .filter(|line| line.starts_with("same"))
            .map(|line| line.split('\t').collect())
            .collect();
        let recorded: Vec<_> = pairs
            .iter()
            .map(|pair| interaction(Provider::OpenAI, CHAT, &message(pair[1])))
            .collect();
        let lexicon = Lexicon::new(pairs.iter().map(|pair| pair[1]));
        let by_words = |sent: &str| {
            let scores = pairs.iter().map(|pair| lexicon.similarity(sent, pair[1])).enumerate();
            scores.max_by(|(_, left), (_, right)| left.total_cmp(right)).map(|(at, _)| at)
        };
        let (mut structural, mut lexical) = (0, 0);
        for (at, pair) in pairs.iter().enumerate() {
            let sent = interaction(Provider::OpenAI, CHAT, &message(pair[2]));
            structural += usize::from(find(&recorded, &sent).is_some_and(|found| found.at == at));
            lexical += usize::from(by_words(pair[2]) == Some(at));
        }
        // `docs/internals/decisions.md` has these numbers.
        assert_eq!((structural, lexical), (46, 83));
    }
}
