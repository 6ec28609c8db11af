//! Whether `intercept = true` is possible in this build, on this system.

use llmock_rules::Problem;

/// Why it is not: the reason behind the key, and the whole sentence for the compiler.
struct Reason {
    after_key: &'static str,
    compiling: &'static str,
}

const POSSIBLE: Result<(), &Reason> = if cfg!(not(target_os = "linux")) {
    Err(&Reason {
        after_key: "works only on Linux, where clients read `SSL_CERT_FILE`",
        compiling: "`intercept = true` works only on Linux, where clients read `SSL_CERT_FILE`",
    })
} else if cfg!(not(feature = "intercept")) {
    Err(&Reason {
        after_key: "needs the feature `intercept` of llmock",
        compiling: "`intercept = true` needs the feature `intercept` of llmock",
    })
} else {
    Ok(())
};

/// The expansion calls this for `intercept = true`: where that is not possible, the test does not compile.
pub const fn intercept() -> bool {
    match POSSIBLE {
        Ok(()) => true,
        Err(reason) => panic!("{}", reason.compiling),
    }
}

/// The switch, if it is possible.
pub(super) fn checked(on: bool) -> Result<bool, Problem> {
    match POSSIBLE {
        Err(reason) if on => Err(Problem::new(reason.after_key)),
        _ => Ok(on),
    }
}
