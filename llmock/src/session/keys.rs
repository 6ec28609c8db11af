//! Keys for clients where no session is open: in mode `off`, or after the test.

use crate::env;
use crate::mode::Mode;
use crate::provider::Provider;

/// The key of the provider's variable in mode `off`, else a placeholder.
pub(crate) fn outside(provider: Provider, mode: Mode) -> String {
    let keys = provider.entry().keys;
    let originals = env::originals();
    let set =
        || keys.iter().find_map(|(name, _)| originals.get(name).filter(|key| !key.is_empty()));
    let real = if mode == Mode::Off { set() } else { None };
    let placeholder = || keys.first().map_or("llmock", |(_, value)| *value);
    real.unwrap_or_else(placeholder).to_owned()
}
