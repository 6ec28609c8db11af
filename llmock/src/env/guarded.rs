//! Variables for `network = "block"`: `https` leads through the front, which refuses the hosts of providers and passes on all else.

use super::setup::{HTTPS_PROXY, Originals};

/// Variables that lead `https` through the front at `proxy`.
pub(crate) fn guarded(proxy: &str) -> Vec<(String, String)> {
    HTTPS_PROXY.map(|name| (name.to_owned(), proxy.to_owned())).into()
}

impl Originals {
    /// The proxies that the program had for `https`, for a test without a guard in a process with one.
    pub(crate) fn unguarded(&self) -> Vec<(String, String)> {
        let is_guarded = self.written.iter().any(|(name, _)| HTTPS_PROXY.contains(&&**name));
        // Clients take an empty one for none.
        let before = |name: &str| (name.to_owned(), self.get(name).unwrap_or_default().to_owned());
        if is_guarded { HTTPS_PROXY.map(before).into() } else { Vec::new() }
    }

    /// The address of the proxy that the program had for `https`.
    pub(crate) fn https_proxy(&self) -> Option<&str> {
        if self.exceptions_but(str::is_empty).contains(&"*") {
            return None;
        }
        let names = HTTPS_PROXY.into_iter().chain(["ALL_PROXY", "all_proxy"]);
        let mut values = names.filter_map(|name| self.get(name)).map(str::trim);
        values.find(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(variables: &[(&str, &str)], written: Vec<(String, String)>) -> Originals {
        let variables =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Originals { variables, written }
    }

    #[test]
    fn the_proxy_that_was_there_is_known() {
        type Variables = &'static [(&'static str, &'static str)];
        let cases: &[(Variables, Option<&str>)] = &[
            (&[], None),
            (&[("ALL_PROXY", "http://p:1")], Some("http://p:1")),
            (&[("https_proxy", "http://p:2"), ("HTTPS_PROXY", " ")], Some("http://p:2")),
            (&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "*")], None),
        ];
        for (variables, proxy) in cases {
            assert_eq!(before(variables, Vec::new()).https_proxy(), *proxy, "{variables:?}");
        }
    }

    #[test]
    fn a_test_without_a_guard_gets_the_former_proxies() {
        let variables = [("HTTPS_PROXY", "http://p:1")];
        assert_eq!(before(&variables, Vec::new()).unguarded(), [], "no guard was written");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("HTTPS_PROXY", "http://p:1"), pair("https_proxy", "")];
        let guarded = before(&variables, guarded("http://127.0.0.1:1"));
        // Windows has one variable of both names.
        if cfg!(not(windows)) {
            assert_eq!(guarded.unguarded(), expected);
        }
    }
}
