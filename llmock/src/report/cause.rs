//! When two tests fail for the same reason: one changed prompt may break a hundred tests, and one report of it is enough.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Report;
use super::failure::Failure;
use super::miss::MissReason;

/// A digest of the cause, the same for every test that fails because of it; `None` if the report says more than a cause
/// that tests can share.
pub(crate) fn digest(report: &Report) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    if report.misses.is_empty() {
        let causes: Option<BTreeSet<String>> = report.failures.iter().map(of_failure).collect();
        causes.filter(|causes| !causes.is_empty())?.hash(&mut hasher);
    } else {
        if !report.failures.is_empty() {
            return None;
        }
        let causes: Option<BTreeSet<String>> =
            report.misses.iter().map(|miss| of_reason(&miss.reason)).collect();
        causes?.hash(&mut hasher);
    }
    Some(hasher.finish())
}

fn of_failure(failure: &Failure) -> Option<String> {
    match failure {
        // Method and path differ from test to test.
        Failure::UpstreamError { provider, status, message, key, .. } => {
            Some(format!("{provider} {status} {message:?} {key:?}"))
        }
        Failure::NoRequests { .. } => Some(format!("{failure:?}")),
        _ => None,
    }
}

fn of_reason(reason: &MissReason) -> Option<String> {
    match reason {
        MissReason::BodyDiffers { differences, .. } => Some(format!("{differences:?}")),
        MissReason::EndpointUnknown { .. }
        | MissReason::OtherVersion { .. }
        | MissReason::NoUpstream { .. }
        | MissReason::UpstreamFailed { .. }
        | MissReason::RecordRefused { .. }
        | MissReason::UnknownHost { .. } => Some(format!("{reason:?}")),
        // Every one of these has a file, an order, or a neighbour of its own.
        _ => None,
    }
}
