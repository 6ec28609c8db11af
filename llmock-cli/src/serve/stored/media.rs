//! Images, speech and transcriptions, which are always the same.
//! <https://platform.openai.com/docs/api-reference/images>, <https://platform.openai.com/docs/api-reference/audio>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Call, Made, multipart};

/// One transparent pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4,
    0x89, 0x00, 0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x00, 0x02, 0x00,
    0x00, 0x05, 0x00, 0x01, 0xe9, 0xfa, 0xdc, 0xd8, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44,
    0xae, 0x42, 0x60, 0x82,
];

/// Samples per second of the sound: what OpenAI's speech has.
const RATE: u32 = 24_000;

/// The words of every transcription.
const WORDS: &str = "This is a transcription.";

pub(super) fn answer(call: &Call<'_>) -> Made {
    match (call.method(), &call.segments[..]) {
        ("POST", ["images", kind]) => images(call, kind),
        ("POST", ["audio", "speech"]) => speech(call),
        ("POST", ["audio", kind]) => transcription(call, kind),
        _ => Made::error(405, format!("this endpoint accepts POST, not {}", call.method())),
    }
}

fn images(call: &Call<'_>, kind: &str) -> Made {
    let form = call.form();
    let value = |name: &str| match &call.body[name] {
        Value::Null => multipart::text(&form, name),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let Some(prompt) = value("prompt") else {
        return Made::error(400, "Missing required parameter: 'prompt'.");
    };
    if kind == "edits" && multipart::file(&form).is_none() && call.body["images"].is_null() {
        return Made::error(400, "Missing required parameter: 'image'.");
    }
    let count = value("n").and_then(|count| count.parse::<usize>().ok()).unwrap_or(1).clamp(1, 10);
    let model = value("model").unwrap_or_default();
    let by_url = value("response_format").as_deref() == Some("url")
        || (model.starts_with("dall-e") && value("response_format").is_none());
    let encoded = STANDARD.encode(PNG);
    let image = if by_url {
        json!({"url": format!("data:image/png;base64,{encoded}"), "revised_prompt": prompt})
    } else {
        json!({"b64_json": encoded})
    };
    let tokens = call.request.route.target.read(&call.request.body).input_tokens();
    let output = 272 * count as u64;
    Made::Json(json!({
        "created": call.created(),
        "data": vec![image; count],
        "background": "transparent", "output_format": "png", "quality": "low", "size": "1024x1024",
        "usage": {
            "input_tokens": tokens, "input_tokens_details": {"image_tokens": 0, "text_tokens": tokens},
            "output_tokens": output, "total_tokens": tokens + output,
        },
    }))
}

fn speech(call: &Call<'_>) -> Made {
    if call.body["input"].as_str().is_none_or(str::is_empty) {
        return Made::error(400, "Missing required parameter: 'input'.");
    }
    let (content_type, content) = match call.body["response_format"].as_str().unwrap_or("mp3") {
        "wav" => ("audio/wav", wav()),
        "pcm" => ("audio/pcm", silence()),
        "mp3" => ("audio/mpeg", mp3()),
        // any other format is so much work that its bytes are those of a WAV
        "opus" => ("audio/ogg", wav()),
        "aac" => ("audio/aac", wav()),
        "flac" => ("audio/flac", wav()),
        other => {
            let why = format!(
                "Invalid value: '{other}'. Supported values are: 'mp3', 'opus', 'aac', 'flac', \
                 'wav', and 'pcm'."
            );
            return Made::error(400, why);
        }
    };
    if call.body["stream_format"] == "sse" {
        let audio = STANDARD.encode(&content);
        let delta = json!({"type": "speech.audio.delta", "audio": audio});
        let usage = json!({"input_tokens": 1, "output_tokens": 1, "total_tokens": 2});
        let done = json!({"type": "speech.audio.done", "usage": usage});
        let content = format!("data: {delta}\n\ndata: {done}\n\n").into();
        return Made::Bytes { content_type: "text/event-stream".to_owned(), content };
    }
    Made::Bytes { content_type: content_type.to_owned(), content: content.into() }
}

/// A tenth of a second of silence, in 16 bits.
fn silence() -> Vec<u8> {
    vec![0; RATE as usize / 10 * 2]
}

fn wav() -> Vec<u8> {
    let samples = silence();
    let length = u32::try_from(samples.len()).unwrap_or_default();
    let mut file = Vec::with_capacity(44 + samples.len());
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    // PCM, one channel
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * 2).to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

/// Four frames of silence: MPEG 2, layer III, 64 kbit/s, 24 kHz, one channel.
fn mp3() -> Vec<u8> {
    const LENGTH: usize = 72 * 64_000 / RATE as usize;
    let mut frame = vec![0xff, 0xf3, 0x84, 0xc4];
    frame.resize(LENGTH, 0);
    frame.repeat(4)
}

fn transcription(call: &Call<'_>, kind: &str) -> Made {
    let form = call.form();
    if multipart::file(&form).is_none() {
        return Made::error(400, "Missing required parameter: 'file'.");
    }
    let task = if kind == "translations" { "translate" } else { "transcribe" };
    let text = |content_type: &str, content: String| Made::Bytes {
        content_type: content_type.to_owned(),
        content: Bytes::from(content),
    };
    if multipart::text(&form, "stream").as_deref() == Some("true") {
        let delta = json!({"type": "transcript.text.delta", "delta": WORDS});
        let done = json!({"type": "transcript.text.done", "text": WORDS});
        return text("text/event-stream", format!("data: {delta}\n\ndata: {done}\n\n"));
    }
    match multipart::text(&form, "response_format").as_deref().unwrap_or("json") {
        "json" => Made::Json(json!({
            "text": WORDS,
            "usage": {
                "type": "tokens", "input_tokens": 1, "output_tokens": 6, "total_tokens": 7,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 1},
            },
        })),
        "verbose_json" => Made::Json(json!({
            "task": task, "language": "english", "duration": 1.0, "text": WORDS,
            "segments": [{
                "id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": WORDS, "tokens": [0],
                "temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0,
                "no_speech_prob": 0.0,
            }],
            "usage": {"type": "duration", "seconds": 1},
        })),
        "text" => text("text/plain; charset=utf-8", format!("{WORDS}\n")),
        "srt" => text(
            "text/plain; charset=utf-8",
            format!("1\n00:00:00,000 --> 00:00:01,000\n{WORDS}\n\n"),
        ),
        "vtt" => text(
            "text/plain; charset=utf-8",
            format!("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{WORDS}\n\n"),
        ),
        other => Made::error(400, format!("Invalid value for 'response_format': '{other}'.")),
    }
}
