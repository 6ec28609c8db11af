//! Where a recording comes from, with the variables that decide it.

use super::sentences::{MESSAGE, code};
use super::values::excerpt;

/// A provider that a recording has used, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upstream {
    pub(crate) provider: &'static str,
    /// Its base URL, without user info or query; `None` if none is known.
    pub(crate) address: Option<String>,
    /// The variable that sets the address, and whether it did.
    pub(crate) address_variable: Option<(String, bool)>,
    /// The variable that usually holds the key, and whether it is set.
    pub(crate) key_variable: Option<(String, bool)>,
}

impl Upstream {
    /// A line about the address, and one about the key.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { provider, address, address_variable, key_variable } = self;
        let address = address.as_ref().map(|address| {
            let address = excerpt(address, MESSAGE);
            let from = match address_variable {
                Some((name, true)) => format!(", which {} says", code(name)),
                Some((name, false)) => format!("; to use another address, set {}", code(name)),
                None => String::new(),
            };
            format!("requests to {provider} go to {address}{from}")
        });
        let key = key_variable.as_ref().map(|(name, is_set)| {
            let name = code(name);
            if *is_set {
                format!("its key is taken from {name}")
            } else {
                format!("{name} is not set: clients usually read the key from it")
            }
        });
        address.into_iter().chain(key).collect()
    }
}
