//! AWS's signatures, computed from AWS's description of them and from nothing that llmock uses.

use sha2::{Digest as _, Sha256};

/// Whose signatures these are.
pub const KEY_ID: &str = "AKIDEXAMPLE";
/// The key that AWS's own examples have.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 2104 with SHA-256.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::digest([&pad(0x36)[..], message].concat());
    Sha256::digest([&pad(0x5c)[..], &inner[..]].concat()).to_vec()
}

/// A request as it arrived, names of headers in lower case.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// `POST`.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// In any order.
    pub headers: &'a [(String, String)],
    /// As it was sent.
    pub body: &'a [u8],
}

/// The `authorization` that AWS expects of it: of every service but S3 the path is escaped once more. A header that
/// is to be signed and is not there counts as empty.
pub fn expected(sent: &Sent<'_>, region: &str, service: &str, signed: &[&str]) -> String {
    let (path, query) = sent.target.split_once('?').unwrap_or((sent.target, ""));
    let escaped: String = path
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let header = |name: &str| {
        let found = sent.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let headers: String = signed.iter().map(|name| format!("{name}:{}\n", header(name))).collect();
    let payload = hex(&Sha256::digest(sent.body));
    let (method, names) = (sent.method, signed.join(";"));
    let canonical = format!("{method}\n{escaped}\n{query}\n{headers}\n{names}\n{payload}");
    let time = header("x-amz-date");
    let day = time.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}");
    let first = hmac(format!("AWS4{SECRET}").as_bytes(), day.as_bytes());
    let key = [region, service, "aws4_request"]
        .iter()
        .fold(first, |key, part| hmac(&key, part.as_bytes()));
    let signature = hex(&hmac(&key, text.as_bytes()));
    format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get-vanilla` of the test suite that AWS publishes.
    #[test]
    fn computes_the_signature_that_aws_publishes() {
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let sent = Sent { method: "GET", target: "/", headers: &headers, body: b"" };
        assert_eq!(
            expected(&sent, "us-east-1", "service", &["host", "x-amz-date"]),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }
}
