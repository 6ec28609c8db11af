//! Which changes are about the same thing: embeddings and their angle.

use async_openai::types::embeddings::{CreateEmbeddingRequest, EmbeddingInput};

use crate::{Assistant, Change, Error, Release};

/// A change, and how near it is to what was asked: 1 is the same, 0 is unrelated.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked<'a> {
    /// The change.
    pub change: &'a Change,
    /// The cosine of the angle between both texts.
    pub nearness: f32,
}

impl Assistant {
    /// The changes of a release, the nearest to `text` first.
    pub async fn similar<'a>(
        &self,
        text: &str,
        release: &'a Release,
    ) -> Result<Vec<Ranked<'a>>, Error> {
        let mut texts = vec![text.to_owned()];
        texts.extend(release.changes().iter().map(|change| change.text.clone()));
        let vectors = self.embed(texts).await?;
        let (asked, changes) = vectors.split_first().ok_or(Error::NoText)?;
        let mut ranked: Vec<_> = release
            .changes()
            .iter()
            .zip(changes)
            .map(|(change, vector)| Ranked { change, nearness: cosine(asked, vector) })
            .collect();
        ranked.sort_by(|a, b| b.nearness.total_cmp(&a.nearness));
        Ok(ranked)
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        let request = CreateEmbeddingRequest {
            model: self.model.clone(),
            input: EmbeddingInput::StringArray(texts),
            ..Default::default()
        };
        let mut response = self.client.embeddings().create(request).await?;
        response.data.sort_by_key(|embedding| embedding.index);
        Ok(response.data.into_iter().map(|embedding| embedding.embedding).collect())
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::cosine;

    #[test]
    fn cosine_measures_the_angle_and_not_the_length() {
        let cases: [(&[f32], &[f32], f32); 4] = [
            (&[1.0, 0.0], &[3.0, 0.0], 1.0),
            (&[1.0, 0.0], &[0.0, 2.0], 0.0),
            (&[1.0, 1.0], &[-1.0, -1.0], -1.0),
            (&[0.0, 0.0], &[1.0, 0.0], 0.0),
        ];
        for (a, b, expected) in cases {
            assert!((cosine(a, b) - expected).abs() < 1e-6, "{a:?} {b:?}");
        }
    }
}
