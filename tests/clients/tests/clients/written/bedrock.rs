//! The same features for Bedrock, whose streams are binary frames: the AWS SDK reads them, or the reply is refused.

use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ContentBlockStart, ConverseOutput, ConverseStreamOutput,
};
use aws_sdk_bedrockruntime::{Client, error::DisplayErrorContext};
use llmock::{LlmMock, Provider};

use super::features::{ALL, FEATURES, judge};
use crate::apps::bedrock;

#[tokio::test]
async fn every_feature_is_read_by_the_sdk_of_aws_or_refused() {
    let mut mistakes = Vec::new();
    for feature in FEATURES {
        for streamed in [true, false] {
            let mock = LlmMock::builder().scripted(true).start().unwrap();
            // Raw items and events have no form here, so that of any other API will do.
            mock.reply((feature.reply)(ALL[0]).repeat());
            let client = bedrock::at(&mock.base_url(Provider::Bedrock));
            let answer = if streamed { stream(&client).await } else { whole(&client).await };
            let place = format!("{} in bedrock, streamed: {streamed}", feature.name);
            let is_expressed = feature.apis.contains(&"bedrock");
            let expected = if feature.name == "tool_call" { "t" } else { "Hi" };
            let is_read = answer.as_ref().is_ok_and(|text| text.contains(expected));
            let mistake = judge(is_expressed, answer, is_read, mock.finish(), "bedrock.rs:");
            mistakes.extend(mistake.map(|mistake| format!("{place}: {mistake}")));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n\n"));
}

/// The texts and the names of the tools.
async fn whole(client: &Client) -> Result<String, String> {
    let request = client.converse().model_id(bedrock::MODEL).messages(bedrock::user("What?"));
    let answer = request.send().await.map_err(|error| DisplayErrorContext(error).to_string())?;
    let Some(ConverseOutput::Message(message)) = answer.output else {
        return Err("no message".to_owned());
    };
    let parts = message.content.into_iter().map(|block| match block {
        ContentBlock::Text(text) => text,
        ContentBlock::ToolUse(call) => call.name,
        _ => String::new(),
    });
    Ok(parts.collect())
}

async fn stream(client: &Client) -> Result<String, String> {
    let request = client.converse_stream().model_id(bedrock::MODEL);
    let answer = request.messages(bedrock::user("What?")).send().await;
    let mut stream = answer.map_err(|error| DisplayErrorContext(error).to_string())?.stream;
    let mut text = String::new();
    loop {
        let event = stream.recv().await;
        match event.map_err(|error| DisplayErrorContext(error).to_string())? {
            Some(ConverseStreamOutput::ContentBlockDelta(event)) => {
                if let Some(ContentBlockDelta::Text(piece)) = event.delta {
                    text.push_str(&piece);
                }
            }
            Some(ConverseStreamOutput::ContentBlockStart(event)) => {
                if let Some(ContentBlockStart::ToolUse(call)) = event.start {
                    text.push_str(&call.name);
                }
            }
            Some(_) => {}
            None => return Ok(text),
        }
    }
}
