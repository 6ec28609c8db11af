//! An endpoint for embeddings, as the OpenAI API has it:
//! <https://platform.openai.com/docs/api-reference/embeddings/create>

use std::path::Path;
use std::time::Duration;

use llmock_rules::Embeddings;

use super::vectors::Vectors;
use crate::env;
use crate::json::{self, Json};

/// How long a response may take: a local model computes it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Adds the vectors of texts that have none, and stores them next to the fixture.
pub(super) async fn complete(
    known: &mut Vectors,
    embeddings: &Embeddings,
    texts: &[&str],
    path: &Path,
) -> Result<(), String> {
    let mut wanted: Vec<&str> = Vec::new();
    for text in texts {
        if known.of(text).is_none() && !wanted.contains(text) {
            wanted.push(text);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let computed = fetch(embeddings, &wanted).await?;
    for (text, vector) in wanted.iter().zip(computed) {
        known.add(text, vector, path)?;
    }
    known.save(path)
}

async fn fetch(embeddings: &Embeddings, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
    let url = format!("{}/embeddings", embeddings.base_url);
    let failed = |why: String| format!("`{url}` gave no vectors: {why}");
    let inputs: Vec<String> = texts.iter().map(|text| json::quote(text)).collect();
    let body = format!(
        "{{\"model\":{},\"input\":[{}]}}",
        json::quote(&embeddings.model),
        inputs.join(",")
    );
    // The proxies of the environment may be llmock's own.
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build();
    let client = client.map_err(|error| failed(error.to_string()))?;
    let mut request = client.post(&url).header("content-type", "application/json").body(body);
    if let Some(key) = env::read(env::EMBEDDINGS_KEY).filter(|key| !key.is_empty()) {
        request = request.bearer_auth(key);
    }
    let response = request.send().await.map_err(|error| failed(error.without_url().to_string()))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| failed(error.without_url().to_string()))?;
    if !status.is_success() {
        return Err(failed(format!("status {}", status.as_u16())));
    }
    let vectors = read(&text, texts.len())
        .ok_or_else(|| failed("the response has another form".to_owned()))?;
    let dimensions = vectors.first().map_or(0, Vec::len);
    if dimensions == 0 || vectors.iter().any(|vector| vector.len() != dimensions) {
        return Err(failed("they have different dimensions".to_owned()));
    }
    Ok(vectors)
}

/// The vectors in the order of their texts.
fn read(text: &str, count: usize) -> Option<Vec<Vec<f32>>> {
    let root = json::parse(text).ok()?;
    let mut vectors = vec![Vec::new(); count];
    for (at, item) in root.items("data").iter().enumerate() {
        let index =
            item.get("index").and_then(Json::as_u64).and_then(|index| usize::try_from(index).ok());
        let numbers = item.get("embedding").and_then(Json::as_array)?;
        let number = |number: &Json<'_>| match number {
            Json::Number(token) => token.parse::<f32>().ok().filter(|number| number.is_finite()),
            _ => None,
        };
        *vectors.get_mut(index.unwrap_or(at))? =
            numbers.iter().map(number).collect::<Option<_>>()?;
    }
    vectors.iter().all(|vector| !vector.is_empty()).then_some(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_in_the_order_of_their_texts() {
        let text =
            r#"{"data":[{"index":1,"embedding":[0.5,1e-1]},{"index":0,"embedding":[1,-2]}]}"#;
        assert_eq!(read(text, 2), Some(vec![vec![1.0, -2.0], vec![0.5, 0.1]]));
        for text in [
            r#"{"data":[]}"#,
            "{}",
            "x",
            r#"{"data":[{"index":7,"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":["a"]},{"embedding":[1]}]}"#,
        ] {
            assert_eq!(read(text, 2), None, "{text}");
        }
    }
}
