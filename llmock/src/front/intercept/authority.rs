//! The certificates of this process: one authority of its own, and one leaf for each host that is asked for.
//!
//! The authority's key never leaves memory. What clients are told to trust is a file with its certificate and the
//! system's own, so that other TLS goes on working; it is there as long as a session needs it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use once_cell::sync::OnceCell;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::super::addressee::Tunnel;
use super::super::proxy;
use super::super::registry::Registry;
use super::Opening;
use crate::env;
use crate::sync::lock;

/// A client that has not checked the certificate by then never will.
const PATIENCE: Duration = Duration::from_secs(5);

/// A decrypted tunnel.
pub(crate) type Stream = TlsStream<TokioIo<Upgraded>>;

static AUTHORITY: OnceCell<Authority> = OnceCell::new();

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate and the system's, as PEM.
    bundle: String,
    path: PathBuf,
    /// How many sessions need the file.
    users: Mutex<usize>,
    hosts: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

/// A session's need for the file of certificates.
#[derive(Debug)]
pub(crate) struct Trust(());

/// Has the file there until the last [`Trust`] is dropped. It is made once a process, under one name: clients
/// remember the name, and what the system's certificates were before any test changed the variables.
pub(crate) fn trust() -> io::Result<Trust> {
    let make = || Authority::make().map_err(io::Error::other);
    let authority = AUTHORITY.get_or_try_init(make)?;
    let mut users = lock(&authority.users);
    if *users == 0 {
        // `create_new`: the file belongs to no one else.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&authority.path)?;
        file.write_all(authority.bundle.as_bytes())?;
    }
    *users += 1;
    Ok(Trust(()))
}

impl Trust {
    /// The file.
    #[expect(clippy::unused_self, reason = "the file exists only while this does")]
    pub(crate) fn path(&self) -> &Path {
        &AUTHORITY.get().expect("made before this was handed out").path
    }
}

impl Drop for Trust {
    fn drop(&mut self) {
        let authority = AUTHORITY.get().expect("made before this was handed out");
        let mut users = lock(&authority.users);
        *users -= 1;
        if *users == 0 {
            // A file that is left over in the temporary folder does no harm.
            let _ = fs::remove_file(&authority.path);
        }
    }
}

/// Opens a tunnel that ends here; `None` if no test of this process intercepts.
pub(crate) fn open(
    request: http::Request<hyper::body::Incoming>,
    registry: &Registry,
) -> Option<Opening> {
    let (authority, named) = (AUTHORITY.get()?, request.uri().authority()?);
    let config = authority.config(named.host()).ok()?;
    let session = proxy::session(request.headers(), registry);
    let port = named.port_u16().filter(|port| *port != 443);
    let shown =
        port.map_or_else(|| named.host().to_owned(), |port| format!("{}:{port}", named.host()));
    let tunnel = Arc::new(Tunnel { authority: shown, session });
    let handshake = tunnel.session.as_ref().map(|session| session.begin_handshake());
    Some(Box::pin(async move {
        let stream = tokio::time::timeout(PATIENCE, shake_hands(request, config)).await;
        let stream = stream.unwrap_or_else(|late| Err(late.into()));
        if let (Some(session), true) = (&tunnel.session, stream.is_err()) {
            session.note_distrust(&tunnel.authority);
        }
        drop(handshake);
        Some((stream.ok()?, tunnel))
    }))
}

async fn shake_hands(
    request: http::Request<hyper::body::Incoming>,
    config: Arc<ServerConfig>,
) -> io::Result<TlsStream<TokioIo<Upgraded>>> {
    let upgraded = hyper::upgrade::on(request).await.map_err(io::Error::other)?;
    TlsAcceptor::from(config).accept(TokioIo::new(upgraded)).await
}

impl Authority {
    fn make() -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "llmock, for the tests of one process");
        let certificate = params.self_signed(&key)?;
        let mut bundle = String::new();
        append_pem(&mut bundle, certificate.der());
        // A file without the system's is better than none.
        for root in rustls_native_certs::load_native_certs().certs {
            append_pem(&mut bundle, &root);
        }
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).expect("every system that runs tests has random bits");
        let name = format!("llmock-certificates-{:016x}.pem", u64::from_ne_bytes(random));
        Ok(Self {
            issuer: Issuer::new(params, key),
            bundle,
            path: env::temporary_directory().join(name),
            users: Mutex::default(),
            hosts: Mutex::default(),
        })
    }

    /// How TLS is ended for a host: its certificate is made when it is first asked for.
    fn config(&self, host: &str) -> Result<Arc<ServerConfig>, Box<dyn std::error::Error>> {
        let mut hosts = lock(&self.hosts);
        if let Some(config) = hosts.get(host) {
            return Ok(Arc::clone(config));
        }
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new([host.trim_matches(['[', ']']).to_owned()])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, "llmock");
        params.use_authority_key_identifier_extension = true;
        let chain: Vec<CertificateDer<'static>> =
            vec![params.signed_by(&key, &self.issuer)?.der().clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        // The program under test may have chosen another provider for the process; ours is our own.
        let cryptography = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(cryptography)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // The front speaks nothing newer, and some clients name no protocol at all.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        hosts.insert(host.to_owned(), Arc::clone(&config));
        Ok(config)
    }
}

/// One certificate in the lines of RFC 7468.
fn append_pem(text: &mut String, der: &[u8]) {
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let encoded = BASE64_STANDARD.encode(der);
    for line in encoded.as_bytes().chunks(64) {
        let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    text.push_str("-----END CERTIFICATE-----\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_exists_while_a_session_needs_it() {
        let first = trust().expect("a file");
        let path = first.path().to_owned();
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n"), "{text}");
        assert!(!text.contains("PRIVATE KEY"), "the key stays in memory");
        assert!(text.lines().all(|line| line.len() <= 64));
        let second = trust().expect("the same file");
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
        assert_eq!(trust().expect("the file again").path(), path);
    }

    #[test]
    fn every_host_has_a_certificate_of_its_own() {
        let authority = Authority::make().expect("an authority");
        let one = authority.config("api.openai.com").expect("a certificate");
        assert!(Arc::ptr_eq(&one, &authority.config("api.openai.com").expect("the same")));
        assert!(authority.config("127.0.0.1").is_ok() && authority.config("[::1]").is_ok());
    }
}
