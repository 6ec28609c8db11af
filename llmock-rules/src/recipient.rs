//! For whom fixtures are encrypted.

use crate::problem::Problem;

/// A public key: of age (`age1…`), or of SSH (`ssh-ed25519 …`, `ssh-rsa …`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let key = text.trim();
        // The key must not be printed.
        if key.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") || key.contains("PRIVATE KEY") {
            return Err(Problem::new(
                "a secret key is no recipient: name its public key, which `age-keygen -y` prints",
            ));
        }
        let has_key = |name: &str| {
            key.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with("AAAA"))
        };
        let is_age = key.starts_with("age1")
            && key.len() == 62
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_age || has_key("ssh-ed25519 ") || has_key("ssh-rsa ") {
            return Ok(Self(key.to_owned()));
        }
        let expected =
            "expected a recipient of age (`age1…`) or a public key of SSH (`ssh-ed25519 AAAA…`)";
        Err(Problem::invalid("recipient", key, expected))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_public_keys() {
        for text in [
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@host",
            "ssh-rsa AAAAB3NzaC1yc2E",
        ] {
            assert_eq!(Recipient::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "age1short", "alice@example.com", "ssh-dss AAAA", "ssh-rsa"] {
            let error = Recipient::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("invalid recipient `"), "{error}");
        }
        let error = Recipient::parse("AGE-SECRET-KEY-1QQ").unwrap_err().to_string();
        assert!(
            error.starts_with("a secret key is no recipient") && !error.contains("1QQ"),
            "{error}"
        );
    }
}
