//! Audio that llmock makes up: silence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How long a piece is, in milliseconds.
const PIECE: usize = 50;

/// A piece of silence in base64: PCM with 16 bits at 24 kHz, or G.711 at 8 kHz, whose silence is another byte.
pub(crate) fn silence(format: &str) -> String {
    let (byte, per_ms) = match format {
        "audio/pcmu" | "g711_ulaw" => (0xff, 8),
        "audio/pcma" | "g711_alaw" => (0xd5, 8),
        _ => (0, 48),
    };
    STANDARD.encode(vec![byte; per_ms * PIECE])
}
