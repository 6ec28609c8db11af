//! Whether `intercept = true` is possible in this build, on this system.

use llmock_rules::Problem;

const KEY: &str = "`intercept = true` ";

/// A whole sentence for the compiler, which cannot format: [`KEY`] and the reason.
const IMPOSSIBLE: Option<&str> = if cfg!(not(target_os = "linux")) {
    Some("`intercept = true` works only on Linux, where clients read `SSL_CERT_FILE`")
} else if cfg!(not(feature = "intercept")) {
    Some("`intercept = true` needs the feature `intercept` of llmock")
} else {
    None
};

/// The expansion calls this for `intercept = true`: where that is not possible, the test does not compile.
pub const fn intercept() -> bool {
    match IMPOSSIBLE {
        None => true,
        Some(reason) => panic!("{}", reason),
    }
}

pub(super) fn checked(on: bool) -> Result<bool, Problem> {
    match IMPOSSIBLE {
        Some(reason) if on => Err(Problem::new(reason.trim_start_matches(KEY))),
        _ => Ok(on),
    }
}
