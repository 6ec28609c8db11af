//! The examples of the README, which `pages.rs` compares with this file.

mod my_app {
    use serde_json::{Value, json};

    pub(super) async fn summarize(report: &str) -> Result<String, reqwest::Error> {
        let base_url = std::env::var("OPENAI_BASE_URL").expect("llmock sets the variable");
        summarize_with(&base_url, report).await
    }

    pub(super) async fn summarize_with(
        base_url: &str,
        report: &str,
    ) -> Result<String, reqwest::Error> {
        let prompt = format!("Sum up the key points of this report: {report}");
        let body = json!({
            "model": "gpt-4o",
            "messages": [{ "role": "user", "content": prompt }],
        });
        let url = format!("{base_url}/chat/completions");
        let response = reqwest::Client::new().post(url).json(&body).send().await?;
        let response: Value = response.error_for_status()?.json().await?;
        Ok(response["choices"][0]["message"]["content"].to_string())
    }
}

mod variable {
    use super::my_app;

    // From the README:
    use llmock::llm_replay;

    #[llm_replay(fixture = "summarize")]
    #[tokio::test]
    async fn summarizes_the_report() {
        let out = my_app::summarize("...").await.unwrap(); // production code, untouched
        assert!(out.contains("key points"));
    }
}

mod handle {
    use super::my_app;

    // From the README:
    use llmock::{LlmMock, Provider, llm_replay};

    #[llm_replay(fixture = "summarize")]
    #[tokio::test]
    async fn summarizes_at_an_address(mock: &LlmMock) {
        let out = my_app::summarize_with(&mock.base_url(Provider::OpenAI), "...").await.unwrap();
        assert!(out.contains("key points"));
    }
}
