//! Embeddings that were recorded in other batches: a response put together from those that have its inputs.
//!
//! Programs divide the same texts into batches by time or by thread, so that the batches differ from run to run while the
//! texts are the same.

use std::collections::HashMap;

use crate::fixture::Position;
use crate::fixture::interaction::{Body, Content, Interaction, Request, Response};
use crate::json::{self, Json};
use crate::matching::{Key, MatchRules, key};
use crate::provider::Provider;
use crate::wire::batches;

/// Where each recorded input is.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// By the key of a request for this input alone: the interaction, and the place of the input in it.
    places: HashMap<Key, (Position, usize)>,
}

/// A response that is made from recorded ones, and the interactions that it is made from.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) response: Response,
    /// In the order of the file, each once.
    pub(crate) from: Vec<Position>,
}

impl Inputs {
    pub(crate) fn of(interactions: &[Interaction], rules: &MatchRules) -> Self {
        let mut places = HashMap::new();
        for (at, interaction) in interactions.iter().enumerate() {
            let is_good = (200..300).contains(&interaction.response.status);
            let requests = single(interaction.provider, &interaction.request, rules);
            let Some(keys) =
                requests.filter(|keys| is_good && has_outputs(interaction, keys.len()))
            else {
                continue;
            };
            for (nth, key) in keys.into_iter().enumerate() {
                places.entry(key).or_insert((Position::from_index(at), nth));
            }
        }
        Self { places }
    }

    /// The response to a request all of whose inputs are recorded.
    pub(crate) fn assemble(
        &self,
        provider: Provider,
        request: &Request,
        rules: &MatchRules,
        interactions: &[Interaction],
    ) -> Option<Assembled> {
        let keys = single(provider, request, rules)?;
        let places: Option<Vec<_>> = keys.iter().map(|key| self.places.get(key).copied()).collect();
        let places = places.filter(|places| !places.is_empty())?;
        let mut from: Vec<Position> = places.iter().map(|(at, _)| *at).collect();
        from.sort_unstable();
        from.dedup();
        let sources: HashMap<Position, Source<'_>> = from
            .iter()
            .map(|at| Some((*at, Source::of(&interactions[at.index()])?)))
            .collect::<Option<_>>()?;
        let first = &sources[&places[0].0];
        let picked = |(path, _): &(String, Vec<String>)| {
            let element = |(at, nth): &(Position, usize)| {
                let outputs = &sources[at].outputs;
                outputs.iter().find(|(known, _)| known == path)?.1.get(*nth).cloned()
            };
            let elements: Option<Vec<String>> = places.iter().map(element).collect();
            Some((path.clone(), elements?))
        };
        let outputs: Vec<_> = first.outputs.iter().map(picked).collect::<Option<_>>()?;
        let text = batches::rebuilt(&first.body, &outputs, &|path| sum(path, &places, &sources));
        let recorded = &interactions[places[0].0.index()].response;
        let content = Content::Body(Body::Json(text));
        let response = Response { content, ms: None, ..recorded.clone() };
        Some(Assembled { response, from })
    }
}

/// A recorded response, parsed.
struct Source<'i> {
    body: Json<'i>,
    outputs: Vec<(String, Vec<String>)>,
    inputs: usize,
}

impl<'i> Source<'i> {
    fn of(interaction: &'i Interaction) -> Option<Self> {
        let Content::Body(Body::Json(text)) = &interaction.response.content else { return None };
        let (_, inputs) = inputs(&interaction.request)?;
        let body = json::parse(text).ok()?;
        let outputs = batches::outputs(&body, inputs.len());
        (!outputs.is_empty()).then_some(Self { body, outputs, inputs: inputs.len() })
    }
}

/// The tokens of the inputs: each has an equal part of those of its batch.
fn sum(
    path: &str,
    places: &[(Position, usize)],
    sources: &HashMap<Position, Source<'_>>,
) -> Option<u64> {
    let mut sum = 0.0;
    for (at, _) in places {
        let source = &sources[at];
        #[expect(clippy::cast_precision_loss, reason = "counts of tokens are small")]
        let part = source.body.find(path)?.as_u64()? as f64 / source.inputs as f64;
        sum += part;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of tokens are small and positive"
    )]
    Some(sum.round() as u64)
}

/// Whether a request is one for embeddings, by its path alone.
pub(crate) fn may_be(request: &Request) -> bool {
    request.path.to_ascii_lowercase().contains("embed")
}

fn has_outputs(interaction: &Interaction, count: usize) -> bool {
    Source::of(interaction).is_some_and(|source| source.inputs == count)
}

fn inputs(request: &Request) -> Option<(&'static str, Vec<String>)> {
    let Body::Json(text) = &request.body else { return None };
    batches::inputs(&request.path, &json::parse(text).ok()?)
}

/// The keys of requests for each input alone.
fn single(provider: Provider, request: &Request, rules: &MatchRules) -> Option<Vec<Key>> {
    let Body::Json(text) = &request.body else { return None };
    let (member, inputs) = inputs(request)?;
    let body = json::parse(text).ok()?;
    let rest = body.as_object()?.iter().filter(|(name, _)| !name.is(member));
    let rest: Vec<_> = rest.cloned().collect();
    let rest = json::layout::print(&Json::Object(rest), json::layout::Layout::Compact);
    let rest = rest.strip_prefix('{').unwrap_or_default();
    let comma = if rest == "}" { "" } else { "," };
    let one = |input: &String| {
        let text = format!("{{{}:[{input}]{comma}{rest}", json::quote(member));
        let alone = Request { body: Body::Json(text), ..request.clone() };
        key(provider, &alone, rules)
    };
    Some(inputs.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::format;

    fn fixture(requests: &[(&str, &str)]) -> Vec<Interaction> {
        let all: Vec<_> = requests
            .iter()
            .map(|(body, response)| {
                format!(
                    r#"{{"provider":"openai","request":{{"path":"/v1/embeddings","body":{body}}},"response":{{"body":{response}}}}}"#
                )
            })
            .collect();
        format::read(&format!(r#"{{"llmock":1,"interactions":[{}]}}"#, all.join(",")))
            .expect("a fixture")
    }

    #[test]
    fn inputs_are_found_in_whichever_batch_they_were() {
        let recorded = fixture(&[
            (
                r#"{"model":"e","input":["a","b"]}"#,
                r#"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}],"usage":{"prompt_tokens":4}}"#,
            ),
            (
                r#"{"model":"e","input":["c"]}"#,
                r#"{"data":[{"index":0,"embedding":[3]}],"usage":{"prompt_tokens":5}}"#,
            ),
        ]);
        let rules = MatchRules::default();
        let inputs = Inputs::of(&recorded, &rules);
        let body = |body: &str| {
            let request = fixture(&[(body, "{}")]).remove(0).request;
            inputs.assemble(Provider::OpenAI, &request, &rules, &recorded)
        };
        let found = body(r#"{"input":["c","a"],"model":"e"}"#).expect("known inputs");
        assert_eq!(
            found.response.content,
            Content::Body(Body::Json(
                r#"{"data":[{"index":0,"embedding":[3]},{"index":1,"embedding":[1]}],"usage":{"prompt_tokens":7}}"#
                    .to_owned()
            ))
        );
        assert_eq!(found.from.iter().map(|at| at.number()).collect::<Vec<_>>(), [1, 2]);
        assert!(body(r#"{"input":"b","model":"e"}"#).is_some(), "a text is a batch of one");
        assert!(body(r#"{"input":["a","x"],"model":"e"}"#).is_none(), "one is not recorded");
        assert!(body(r#"{"input":["a"],"model":"f"}"#).is_none(), "another model");
        assert!(body(r#"{"input":[],"model":"e"}"#).is_none());
    }
}
