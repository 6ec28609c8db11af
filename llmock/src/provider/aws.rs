//! Names, hosts, and escapes that signing for AWS needs.

#[cfg(feature = "bedrock")]
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
#[cfg(feature = "bedrock")]
use url::Url;

/// The variables that hold the user's credentials.
pub(crate) const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
pub(crate) const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
pub(crate) const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// The variables that name a region, best first.
pub(super) const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The headers of a signature, apart from `authorization`.
#[cfg(feature = "bedrock")]
pub(crate) const SIGNATURE_HEADERS: [&str; 4] =
    ["x-amz-content-sha256", "x-amz-date", "x-amz-region-set", "x-amz-security-token"];

/// Region and service of an `authorization` header; `None` if it is no signature.
pub(crate) fn scope(authorization: &str) -> Option<(&str, &str)> {
    let (_, credential) = authorization.strip_prefix("AWS4-")?.split_once("Credential=")?;
    // KEY-ID/20260423/us-east-1/bedrock/aws4_request
    let mut parts = credential.split([',', ' ']).next()?.rsplit('/').skip(1);
    let (service, region) = (parts.next()?, parts.next()?);
    Some((region, service))
}

/// Whether the host belongs to AWS, which checks every signature.
pub(crate) fn is_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"].iter().any(|end| host.ends_with(end))
}

/// Whether AWS requires a header to be signed, apart from the host. Proxies may change the others.
#[cfg(feature = "bedrock")]
pub(crate) fn is_signed(name: &str) -> bool {
    name == "content-type" || name.starts_with("x-amz-")
}

/// Escapes the path as AWS's own clients do: `:` in a model id becomes `%3A`. Existing escapes stay.
#[cfg(feature = "bedrock")]
pub(crate) fn escape_path(url: &str) -> String {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b'/')
        .remove(b'%');
    let Ok(mut url) = Url::parse(url) else { return url.to_owned() };
    let path = utf8_percent_encode(url.path(), ESCAPED).to_string();
    url.set_path(&path);
    url.into()
}

/// `us-west-2` of `bedrock-runtime.us-west-2.amazonaws.com`.
#[cfg(feature = "bedrock")]
pub(crate) fn region_of(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let labels = host.strip_suffix(".amazonaws.com")?;
    labels.rsplit('.').next().filter(|region| region.contains('-') && labels.contains('.'))
}

#[cfg(all(test, feature = "bedrock"))]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_host() {
        for (host, region) in [
            ("bedrock-runtime.us-west-2.amazonaws.com", Some("us-west-2")),
            ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("bedrock-runtime.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("bedrock-runtime.amazonaws.com", None),
            ("127.0.0.1:80", None),
        ] {
            assert_eq!(region_of(host), region, "{host}");
        }
    }

    #[test]
    fn escapes_paths_as_clients_of_aws_do() {
        for (url, expected) in [
            ("https://h/model/m-v1:0/converse?a=b:c", "https://h/model/m-v1%3A0/converse?a=b:c"),
            ("https://h/model/arn%3Aaws%2Fx/invoke", "https://h/model/arn%3Aaws%2Fx/invoke"),
            ("https://h:1", "https://h:1/"),
            ("https://h:1?a=b", "https://h:1/?a=b"),
        ] {
            assert_eq!(escape_path(url), expected);
        }
    }
}
