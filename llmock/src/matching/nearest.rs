//! Finds the recorded request that is most similar to a miss.
//!
//! A fixture may hold thousands: all are compared by the rare words that they share, the best few by structure and by the
//! words of their prompts. Structure alone does not decide: the requests of a program differ in little but the prompt, and
//! most words of two prompts are those of every sentence.

use super::align::{alike, likeness};
use super::diff::{Subject, diff_of, subject};
use super::difference::Difference;
use super::divergence::{Divergence, common_turns, divergence};
use super::lexical::Lexicon;
use super::resemblance::{prompt, resemble};
use super::rules::MatchRules;
use super::shortlist::finalists;
use super::target::{RequestTarget, target};
use super::tree::TreeNode;
use crate::fixture::interaction::{Interaction, Request};
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

/// Below this a request to another path does not help.
const LEAST_ALIKE_ELSEWHERE: u8 = 40;
/// What the words of the prompts weigh beside the structure. Measured with the pairs of `pairs.tsv`.
const WORDS: f32 = 2.0;

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
    let compared = finalists(request, pool).into_iter().map(|(at, request)| {
        let profile = Profile::new(provider, request, rules);
        Candidate { at, request, alike_percent: sent.percent(&profile), profile }
    });
    let compared: Vec<Candidate<'_>> =
        compared.filter(|candidate| candidate.alike_percent >= least).collect();
    let Candidate { at, request: recorded, alike_percent, profile } = best(&sent, compared)?;
    let mut nearest = Nearest { at, alike_percent, resembles: true, divergence: None };
    if let (Subject::Json(old), Subject::Json(new)) = (&profile.body, &sent.body) {
        nearest.resembles = resemble(old, new);
        nearest.divergence = divergence(old, new);
    }
    let bodies = [&profile.body, &sent.body];
    Some((nearest, diff_of(recorded, request, provider, rules, bodies)))
}

/// A recorded request beside the one that missed.
struct Candidate<'i> {
    at: usize,
    request: &'i Request,
    alike_percent: u8,
    profile: Profile,
}

/// The candidate that goes along with a conversation for longest; of those the most similar by structure and by the words
/// of the prompts; the first of equals.
fn best<'i>(sent: &Profile, mut candidates: Vec<Candidate<'i>>) -> Option<Candidate<'i>> {
    let is_same = |candidate: &Candidate<'_>| candidate.alike_percent == 100;
    let at = candidates.iter().position(is_same).or_else(|| {
        let words = shared_words(sent, &candidates);
        let score = |at: usize| f32::from(candidates[at].alike_percent) / 100.0 + WORDS * words[at];
        let turns: Vec<usize> =
            candidates.iter().map(|one| sent.common_turns(&one.profile)).collect();
        (0..candidates.len()).max_by(|one, other| {
            let by_turns = turns[*one].cmp(&turns[*other]);
            by_turns.then(score(*one).total_cmp(&score(*other))).then(other.cmp(one))
        })
    })?;
    Some(candidates.swap_remove(at))
}

/// How alike the prompt of each candidate is to the one that was sent, by words.
fn shared_words(sent: &Profile, candidates: &[Candidate<'_>]) -> Vec<f32> {
    let (Subject::Json(new), false) = (&sent.body, candidates.len() < 2) else {
        return vec![0.0; candidates.len()];
    };
    let prompt_of = |candidate: &Candidate<'_>| match &candidate.profile.body {
        Subject::Json(old) => prompt(old),
        _ => String::new(),
    };
    let prompts: Vec<String> = candidates.iter().map(prompt_of).collect();
    let texts: Vec<&str> = prompts.iter().map(String::as_str).collect();
    Lexicon::new(texts.iter().copied()).similarities(&prompt(new), &texts)
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

    fn common_turns(&self, recorded: &Self) -> usize {
        match (&recorded.body, &self.body) {
            (Subject::Json(old), Subject::Json(new)) => common_turns(old, new),
            _ => 0,
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
    use crate::fixture::interaction::{Body, Content, Origin, Response};

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

    /// The words of a prompt find the recording that means the same, where structure finds 46 of these 100.
    #[test]
    fn finds_what_means_the_same_in_other_words() {
        let pairs: Vec<Vec<&str>> = include_str!("pairs.tsv")
            .lines()
            .filter(|line| line.starts_with("same"))
            .map(|line| line.split('\t').collect())
            .collect();
        // Requests of one program share a system prompt and a tool, which must not decide.
        let shared = |text: &str| {
            let system =
                "You help the customers of a shop. Answer in one sentence, and never guess.";
            format!(
                r#"{{"model":"m","messages":[{{"role":"system","content":"{system}"}},{{"role":"user","content":"{text}"}}],"tools":[{{"type":"function","function":{{"name":"find_order","description":"Finds the order of a customer"}}}}]}}"#
            )
        };
        for body in [message as fn(&str) -> String, shared] {
            let of = |text: &str| interaction(Provider::OpenAI, CHAT, &body(text));
            let recorded: Vec<_> = pairs.iter().map(|pair| of(pair[1])).collect();
            let is_found = |(at, pair): &(usize, &Vec<&str>)| {
                find(&recorded, &of(pair[2])).is_some_and(|found| found.at == *at)
            };
            let found = pairs.iter().enumerate().filter(is_found).count();
            // 78 without what they share; `docs/internals/decisions.md` says it.
            assert!(found >= 75, "{found}");
        }
    }

    #[test]
    fn structure_decides_between_equal_prompts() {
        let with = |tools: &str, model: &str, text: &str| {
            let body = format!(
                r#"{{"model":"{model}","tools":{tools},"messages":[{{"role":"user","content":"{text}"}}]}}"#
            );
            interaction(Provider::OpenAI, CHAT, &body)
        };
        let tool = r#"[{"type":"function","function":{"name":"find_order","description":"Finds an order of a customer by its number"}}]"#;
        let prompt = "Where is my parcel?";
        let recorded = [
            with("[]", "small", prompt),
            with(tool, "large", "Which of your kettles is the quietest?"),
            with(tool, "small", prompt),
        ];
        assert_eq!(find(&recorded, &with(tool, "large", prompt)).unwrap().at, 2);
    }
}
