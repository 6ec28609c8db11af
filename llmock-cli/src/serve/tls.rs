//! TLS: with a certificate of the user, or with one that the server makes for itself at its start.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::config::Config;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("cannot read `{}`: {why}", path.display())]
    Unreadable { path: PathBuf, why: std::io::Error },
    #[error("`{}` has no {what} in PEM: {why}", path.display())]
    Invalid { path: PathBuf, what: &'static str, why: String },
    #[error("the certificate does not work: {0}")]
    Unusable(String),
    #[error("cannot make a certificate: {0}")]
    NotMade(String),
    #[error("cannot write the certificate to `{}`: {why}", path.display())]
    Unwritable { path: PathBuf, why: std::io::Error },
}

/// What a server with TLS needs.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The file with the server's own certificate, which clients have to trust.
    pub(crate) certificate: Option<PathBuf>,
}

/// What the configuration asks for, if it asks for TLS.
pub(crate) fn of(config: &Config) -> Result<Option<Tls>, TlsError> {
    if let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) {
        let (certificates, key) = read(cert, key)?;
        return Ok(Some(Tls { acceptor: acceptor(certificates, key)?, certificate: None }));
    }
    if config.tls_self_signed { self_signed(&config.host).map(Some) } else { Ok(None) }
}

fn read(
    cert: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let bytes = |path: &Path| {
        fs::read(path).map_err(|why| TlsError::Unreadable { path: path.to_owned(), why })
    };
    let invalid =
        |path: &Path, what, why: String| TlsError::Invalid { path: path.to_owned(), what, why };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes(cert)?)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(cert, "certificate", error.to_string()))?;
    if certificates.is_empty() {
        return Err(invalid(cert, "certificate", "it is empty or in another format".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(|error| invalid(key, "private key", error.to_string()))?;
    Ok((certificates, key))
}

/// A certificate for loopback names and for the host of the configuration, which is written to a file of its own.
fn self_signed(host: &str) -> Result<Tls, TlsError> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let not_made = |error: rcgen::Error| TlsError::NotMade(error.to_string());
    let made = rcgen::generate_simple_self_signed(names).map_err(not_made)?;
    let path = std::env::temp_dir().join(format!("llmock-{}.pem", std::process::id()));
    fs::write(&path, made.cert.pem())
        .map_err(|why| TlsError::Unwritable { path: path.clone(), why })?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let acceptor = acceptor(vec![made.cert.der().clone()], key.into())?;
    Ok(Tls { acceptor, certificate: Some(path) })
}

fn acceptor(
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<TlsAcceptor, TlsError> {
    let unusable = |error: tokio_rustls::rustls::Error| TlsError::Unusable(error.to_string());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
