//! Encryption with age: <https://age-encryption.org/v1>, for its own keys and for keys of SSH.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use age::armor::ArmoredReader;
use age::{Decryptor, Encryptor, Identity, IdentityFile, NoCallbacks, Recipient, ssh, x25519};

use super::places::recipients_of;
use crate::env;

/// Keys of SSH that are tried if no identity is named.
const SSH_KEYS: [&str; 2] = [".ssh/id_ed25519", ".ssh/id_rsa"];

type Identities = Vec<Box<dyn Identity>>;

/// Decrypts a file with the identity of this process.
pub(super) fn decrypt(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let damaged =
        |why: &dyn std::fmt::Display| format!("it is not encrypted with age, or damaged: {why}");
    let decryptor =
        Decryptor::new_buffered(ArmoredReader::new(bytes)).map_err(|why| damaged(&why))?;
    let Found { identities, source } = identities()?;
    if identities.is_empty() {
        let hint = format!(
            "set `{}` to an identity of age, or to the path of one or of a key of SSH",
            env::AGE_IDENTITY
        );
        return Err(format!(
            "the file is encrypted{}, and there is no identity; {hint}",
            for_whom(path)
        ));
    }
    let each = identities.iter().map(|one| &**one);
    let mut reader = decryptor.decrypt(each).map_err(|why| match why {
        age::DecryptError::NoMatchingKeys => {
            format!("the file is encrypted{}, and {source} is none of them", for_whom(path))
        }
        other => damaged(&other),
    })?;
    let mut plain = Vec::new();
    reader.read_to_end(&mut plain).map_err(|why| damaged(&why))?;
    Ok(plain)
}

/// Encrypts bytes for each of these recipients.
pub(super) fn encrypt(recipients: &[String], bytes: &[u8]) -> Result<Vec<u8>, String> {
    let parsed = recipients.iter().map(|text| recipient(text)).collect::<Result<Vec<_>, _>>()?;
    let each = parsed.iter().map(|one| &**one as &dyn Recipient);
    let failed = |why: &dyn std::fmt::Display| format!("failed to encrypt it: {why}");
    let encryptor = Encryptor::with_recipients(each).map_err(|why| failed(&why))?;
    let mut sealed = Vec::new();
    let written = || -> io::Result<()> {
        let mut writer = encryptor.wrap_output(&mut sealed)?;
        writer.write_all(bytes)?;
        writer.finish().map(drop)
    };
    written().map_err(|why| failed(&why))?;
    Ok(sealed)
}

fn recipient(text: &str) -> Result<Box<dyn Recipient>, String> {
    if let Ok(key) = text.parse::<x25519::Recipient>() {
        return Ok(Box::new(key));
    }
    match text.parse::<ssh::Recipient>() {
        Ok(key) => Ok(Box::new(key)),
        Err(_) => Err(format!(
            "`{text}` in `recipients` is neither a recipient of age nor a public key of SSH"
        )),
    }
}

/// The recipients of a file, as far as they are known: the file itself does not name them.
fn for_whom(path: &Path) -> String {
    let recipients = recipients_of(path);
    if recipients.is_empty() { String::new() } else { format!(" for {}", recipients.join(", ")) }
}

struct Found {
    identities: Identities,
    /// Where they come from.
    source: String,
}

/// The identities of this process: what the variable names, or else the keys of SSH in their usual places.
fn identities() -> Result<Found, String> {
    let Some(named) = env::read(env::AGE_IDENTITY).filter(|text| !text.trim().is_empty()) else {
        return Ok(of_ssh());
    };
    let variable = format!("`{}`", env::AGE_IDENTITY);
    if named.trim_start().to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        let identities = parse(named.trim(), &variable)?;
        return Ok(Found { identities, source: format!("the identity in {variable}") });
    }
    let text = fs::read_to_string(&named)
        .map_err(|why| format!("{variable}: failed to read `{named}`: {why}"))?;
    let identities = parse(&text, &format!("`{named}`"))?;
    Ok(Found { identities, source: format!("the identity in `{named}`") })
}

fn of_ssh() -> Found {
    let home = env::path("HOME").or_else(|| env::path("USERPROFILE"));
    let mut found = Found { identities: Vec::new(), source: String::new() };
    for key in home.into_iter().flat_map(|home| SSH_KEYS.map(|key| home.join(key))) {
        let Ok(text) = fs::read_to_string(&key) else { continue };
        let shown = key.display().to_string();
        // A key with a passphrase cannot be used, and was not named.
        if let Ok(identities) = parse(&text, &shown) {
            found.identities.extend(identities);
            found.source = format!("the key of SSH in `{shown}`");
        }
    }
    found
}

fn parse(text: &str, source: &str) -> Result<Identities, String> {
    let invalid = |why: &dyn std::fmt::Display| format!("{source} holds no identity: {why}");
    if text.contains("PRIVATE KEY-----") {
        let key = ssh::Identity::from_buffer(text.as_bytes(), Some(source.to_owned()))
            .map_err(|why| invalid(&why))?;
        return match key {
            ssh::Identity::Unencrypted(_) => Ok(vec![Box::new(key)]),
            ssh::Identity::Encrypted(_) => {
                Err(invalid(&"the key has a passphrase, and no one can be asked for it"))
            }
            ssh::Identity::Unsupported(_) => Err(invalid(&"keys of this kind are not supported")),
        };
    }
    let file =
        IdentityFile::<NoCallbacks>::from_buffer(text.as_bytes()).map_err(|why| invalid(&why))?;
    let identities = file.into_identities().map_err(|why| invalid(&why))?;
    if identities.is_empty() {
        return Err(invalid(&"expected `AGE-SECRET-KEY-…`, or a private key of SSH"));
    }
    Ok(identities.into_iter().map(|one| one as Box<dyn Identity>).collect())
}
