//! Signs requests to AWS again: the client's signature covers the host, and is valid for llmock's address only.
//!
//! A request that is forwarded to AWS is signed for the host that it goes to, with the user's own credentials,
//! whatever the client signed with. This needs the feature `bedrock`. A bearer token needs none of it.

use std::error::Error;

use http::{HeaderMap, header};

use crate::env;
use crate::exchange::forward::{Job, innermost};
use crate::provider::{Address, aws};

type Signed = Result<(), Box<dyn Error + Send + Sync>>;

/// Why a request could not be signed for the host that it goes to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "server"), allow(unreachable_pub, reason = "public in `playback`"))]
#[non_exhaustive]
pub enum SigningError {
    /// llmock is built without its feature `bedrock`.
    #[error(
        "the client signed it for llmock's address, which {host} does not accept; record with a bearer token in \
         AWS_BEARER_TOKEN_BEDROCK, or enable the feature `bedrock` of llmock"
    )]
    NoFeature {
        /// The host of the upstream.
        host: String,
    },
    /// There are no AWS credentials in the environment.
    #[error(
        "signing it for {host} takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for those of a profile: \
         eval \"$(aws configure export-credentials --format env)\""
    )]
    NoCredentials {
        /// The host of the upstream.
        host: String,
    },
    /// The signature could not be computed.
    #[error("it could not be signed for {host}: {reason}")]
    Failed {
        /// The host of the upstream.
        host: String,
        /// What the signing library reported.
        reason: String,
    },
}

/// Signs a request for AWS with the user's credentials, if its client signed it.
///
/// Where the upstream is not AWS but a gateway or a server of one's own, the client's signature may be enough.
pub(crate) fn sign_again(job: &mut Job) -> Result<(), SigningError> {
    let Some(scope) = scope(&job.headers) else { return Ok(()) };
    let host = Address::parse(&job.url).map_or_else(String::new, |url| url.host().to_owned());
    let required = aws::is_host(&host);
    if cfg!(not(feature = "bedrock")) {
        return if required { Err(SigningError::NoFeature { host }) } else { Ok(()) };
    }
    let read = |name| env::read(name).filter(|value| !value.trim().is_empty());
    let [key_id, secret] = [aws::KEY_ID, aws::SECRET].map(read);
    let Some((key_id, secret)) = key_id.zip(secret) else {
        return if required { Err(SigningError::NoCredentials { host }) } else { Ok(()) };
    };
    sign(job, &scope, [key_id, secret], read(aws::SESSION_TOKEN))
        .map_err(|error| SigningError::Failed { host, reason: innermost(&*error).to_string() })
}

/// Region and service that the client signed for; `None` if it did not sign.
fn scope(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (region, service) = aws::scope(value)?;
    Some((region.to_owned(), service.to_owned()))
}

#[cfg(not(feature = "bedrock"))]
fn sign(_: &mut Job, _: &(String, String), _: [String; 2], _: Option<String>) -> Signed {
    Err("built without the feature `bedrock`".into())
}

/// Signs a request for the host that it goes to, in place of the client's signature.
#[cfg(feature = "bedrock")]
fn sign(
    job: &mut Job,
    (region, service): &(String, String),
    [key_id, secret]: [String; 2],
    session_token: Option<String>,
) -> Signed {
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
    use aws_sigv4::sign::v4::SigningParams;
    use http::{HeaderName, HeaderValue, Uri};

    job.url = aws::escape_path(&job.url);
    job.headers.remove(header::AUTHORIZATION);
    for name in aws::SIGNATURE_HEADERS {
        job.headers.remove(name);
    }
    let uri: Uri = job.url.parse()?;
    let host = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host);
    let identity =
        aws_credential_types::Credentials::new(key_id, secret, session_token, None, "llmock")
            .into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(aws::region_of(host).unwrap_or(region))
        .name(service)
        .time(std::time::SystemTime::now())
        .settings(SigningSettings::default())
        .build()?
        .into();
    let mut signed = vec![("host", host)];
    for (name, value) in job.headers.iter().filter(|(name, _)| aws::is_signed(name.as_str())) {
        signed.push((name.as_str(), value.to_str()?));
    }
    let body = SignableBody::Bytes(&job.body);
    let request = SignableRequest::new(job.method.as_str(), &job.url, signed.into_iter(), body)?;
    let (instructions, _) = aws_sigv4::http_request::sign(request, &params)?.into_parts();
    for (name, value) in instructions.headers() {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        job.headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_requests_that_are_signed_have_a_scope() {
        let scope_of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            scope(&headers)
        };
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260423/eu-west-1/bedrock/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";
        let expected = ("eu-west-1".to_owned(), "bedrock".to_owned());
        assert_eq!(scope_of(signed), Some(expected));
        assert_eq!(scope_of("Bearer AWS4-HMAC-SHA256 Credential=a/b/c/d/e"), None);
        assert_eq!(scope_of("AWS4-HMAC-SHA256 Credential=a"), None);
        assert_eq!(scope(&HeaderMap::new()), None);
    }
}
