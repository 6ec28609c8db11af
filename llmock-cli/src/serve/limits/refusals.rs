//! Requests beyond a quota or the context window, refused in the words of each provider. Clients tell such errors apart
//! by their words.

use llmock::Provider;
use llmock::reply::{Reading, Reply, Target};

use super::quota::{Counted, Exceeded};

/// The quota is used up.
pub(super) fn exceeded(reading: &Reading<'_>, exceeded: &Exceeded) -> Reply {
    let (_, _, plural) = names(exceeded.of);
    let why = match exceeded.limit {
        0 => format!(" (llmock: `quota.{plural}-per-minute` is 0, which admits no request)"),
        _ => String::new(),
    };
    let reply = Reply::error(429, in_words(reading, exceeded) + &why);
    if reading.target().is_openai() {
        reply.kind(plural).code("rate_limit_exceeded")
    } else {
        reply
    }
}

/// What a quota counts: in full, abbreviated, and as one word.
fn names(of: Counted) -> (&'static str, &'static str, &'static str) {
    match of {
        Counted::Requests => ("requests per min", "RPM", "requests"),
        Counted::Tokens => ("tokens per min", "TPM", "tokens"),
    }
}

/// The message of each provider.
///
/// The words of OpenAI: <https://github.com/BuilderIO/micro-agent/issues/86>,
/// <https://github.com/Aider-AI/aider/issues/1880> (too large); of Groq:
/// <https://github.com/continuedev/continue/issues/10920>, <https://github.com/Aider-AI/aider/issues/3265>; of Anthropic:
/// <https://github.com/moltis-org/moltis/issues/117>; of AWS: <https://github.com/lobehub/lobehub/issues/3994>,
/// <https://github.com/aws-samples/amazon-bedrock-client-for-mac/issues/99>; of Mistral, for requests:
/// <https://github.com/dnakov/anon-kode/issues/53>. No page was found that shows those of Google, Cohere and Ollama, and of
/// Mistral for tokens: their wording is llmock's.
fn in_words(reading: &Reading<'_>, exceeded: &Exceeded) -> String {
    let Exceeded { of, limit, used, wanted, left } = *exceeded;
    let model = reading.model().unwrap_or_default().into_owned();
    let seconds = left.reset.as_secs_f64().max(0.001);
    let (per, short, plural) = names(of);
    match reading.target().provider() {
        Provider::Anthropic => {
            let counted = if of == Counted::Tokens { "input tokens" } else { "requests" };
            format!(
                "This request would exceed your organization's rate limit of {limit} {counted} per \
                 minute. For details, refer to: https://docs.claude.com/en/api/rate-limits."
            )
        }
        Provider::Gemini | Provider::Vertex => {
            let metric = match of {
                Counted::Requests => "generate_content_free_tier_requests",
                Counted::Tokens => "generate_content_free_tier_input_token_count",
            };
            format!(
                "You exceeded your current quota, please check your plan and billing details.\n* \
                 Quota exceeded for metric: generativelanguage.googleapis.com/{metric}, limit: \
                 {limit}\nPlease retry in {seconds:.3}s."
            )
        }
        Provider::Bedrock => format!("Too many {plural}, please wait before trying again."),
        Provider::Cohere => format!(
            "You are using a Trial key, which is limited to {limit} API calls / minute. You can \
             continue to use the Trial key for free or upgrade to a Production key with higher rate \
             limits"
        ),
        Provider::Ollama => format!("too many {plural}, limit {limit} per minute"),
        Provider::Mistral => match of {
            Counted::Requests => "Requests rate limit exceeded".to_owned(),
            Counted::Tokens => "Rate limit exceeded".to_owned(),
        },
        Provider::Groq => format!(
            "Rate limit reached for model `{model}` in organization `org_llmock` service tier \
             `on_demand` on {plural} per minute ({short}): Limit {limit}, Used {used}, Requested \
             {wanted}. Please try again in {seconds:.3}s."
        ),
        _ if of == Counted::Tokens && wanted > limit => format!(
            "Request too large for {model} in organization org-llmock on {per} ({short}): Limit \
             {limit}, Requested {wanted}. The input or output tokens must be reduced in order to run \
             successfully."
        ),
        _ => format!(
            "Rate limit reached for {model} in organization org-llmock on {per} ({short}): Limit \
             {limit}, Used {used}, Requested {wanted}. Please try again in {seconds:.3}s."
        ),
    }
}

/// Whether a request is too long for this API if its tokens and those it allows for the response are.
pub(super) fn counts_output(target: &Target) -> bool {
    target.provider() == Provider::Anthropic || (target.is_openai() && !target.is_responses())
}

/// The request does not fit into the context window.
///
/// The words of OpenAI: <https://github.com/smol-ai/developer/issues/7>,
/// <https://github.com/conghaonet/hao_chatgpt/issues/4> (with the response); of AWS:
/// <https://github.com/aws-samples/bedrock-chat/issues/95>; of Anthropic:
/// <https://github.com/anthropics/claude-code/issues/12186>, <https://github.com/docker/docker-agent/issues/569>; of
/// Google: <https://github.com/google-gemini/gemini-cli/issues/6678>; of Cohere:
/// <https://github.com/cohere-ai/sandbox-topically/issues/4>. No page was found that shows those of Groq, Mistral, Ollama and
/// OpenAI's Responses: their wording is llmock's.
pub(super) fn too_long(
    reading: &Reading<'_>,
    window: u64,
    input: u64,
    output: Option<u64>,
) -> Reply {
    let target = reading.target();
    let both = output.filter(|_| input <= window && counts_output(target));
    let message = match (target.provider(), both) {
        (Provider::Anthropic, Some(output)) => format!(
            "input length and `max_tokens` exceed context limit: {input} + {output} > {window}, \
             decrease input length or `max_tokens` and try again"
        ),
        (Provider::Anthropic, None) => {
            format!("prompt is too long: {input} tokens > {window} maximum")
        }
        (Provider::Gemini | Provider::Vertex, _) => format!(
            "The input token count ({input}) exceeds the maximum number of tokens allowed ({window})."
        ),
        (Provider::Bedrock, _) => "Input is too long for requested model.".to_owned(),
        (Provider::Cohere, _) => format!(
            "too many tokens: total number of tokens in the prompt cannot exceed {window} - received \
             {input}. Try using a shorter prompt or enabling prompt truncating."
        ),
        (Provider::Ollama, _) if !target.is_openai() => {
            "the input length exceeds the context length".to_owned()
        }
        (Provider::Groq, _) => "Please reduce the length of the messages or completion.".to_owned(),
        (Provider::Mistral, _) => format!(
            "Prompt contains {input} tokens and 0 draft tokens, too large for model with {window} \
             maximum context length"
        ),
        _ if target.is_responses() => {
            "Your input exceeds the context window of this model. Please \
             adjust your input and try again."
                .to_owned()
        }
        (_, Some(output)) => format!(
            "This model's maximum context length is {window} tokens. However, you requested {} tokens \
             ({input} in the messages, {output} in the completion). Please reduce the length of the \
             messages or completion.",
            input.saturating_add(output)
        ),
        (_, None) => format!(
            "This model's maximum context length is {window} tokens. However, your messages resulted \
             in {input} tokens. Please reduce the length of the messages."
        ),
    };
    let reply = Reply::error(400, message);
    if target.is_openai() { reply.code("context_length_exceeded") } else { reply }
}
