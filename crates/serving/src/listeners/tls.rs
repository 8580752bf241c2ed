//! TLS in this process: one certificate, which can be replaced while connections are open.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Plain and coded bytes that one connection may have waiting: a chunk of a file and its codes, so that a stalled
/// client holds little.
const BUFFERED_MAX: usize = 128 * 1024;
const HTTP2: &[u8] = b"h2";

/// Why there is no TLS. No text shows anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file cannot be read, or holds none.
    #[error("{}: {problem}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The key file cannot be read, holds none, or another certificate's.
    #[error("{}: {problem}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// How a listener speaks TLS. Clones share the certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
}

struct Certificate {
    chain_file: PathBuf,
    key_file: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads a certificate chain and its private key from PEM files. TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
    pub fn load(chain_file: &Path, key_file: &Path) -> Result<Self, TlsError> {
        let certificate = Arc::new(Certificate {
            current: RwLock::new(Arc::new(read(chain_file, key_file)?)),
            chain_file: chain_file.to_owned(),
            key_file: key_file.to_owned(),
        });
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions();
        let config = config.map_err(|error| TlsError::Certificate {
            path: chain_file.to_owned(),
            problem: error.to_string(),
        })?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificate) as _);
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate,
        })
    }

    /// Reads both files again: later connections get what stands there now. After an error the former
    /// certificate stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let Certificate {
            chain_file,
            key_file,
            current,
        } = &*self.certificate;
        let renewed = Arc::new(read(chain_file, key_file)?);
        *current.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// Shakes hands with a client that has connected; its time is the caller's to limit.
    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut stream = self.acceptor.accept(socket).await?;
        stream.get_mut().1.set_buffer_limit(Some(BUFFERED_MAX));
        Ok(stream)
    }
}

/// Tells whether a client has agreed to speak HTTP/2.
pub(super) fn is_http2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}

fn read(chain_file: &Path, key_file: &Path) -> Result<CertifiedKey, TlsError> {
    let certificate = |problem: String| TlsError::Certificate {
        path: chain_file.to_owned(),
        problem,
    };
    let key_problem = |problem: String| TlsError::Key {
        path: key_file.to_owned(),
        problem,
    };
    let chain = CertificateDer::pem_file_iter(chain_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| certificate(explain(error)))?;
    if chain.is_empty() {
        return Err(certificate("it holds no certificate in PEM form".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| key_problem(explain(error)))?;
    let key = aws_lc_rs::default_provider()
        .key_provider
        .load_private_key(key)
        .map_err(|_| key_problem("it holds no private key that can be used".to_owned()))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(key_problem("it does not belong to the certificate".to_owned()))
        }
        Err(error) => Err(certificate(error.to_string())),
    }
}

fn explain(error: pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "nothing of this kind in PEM form stands in it".to_owned(),
        _ => "it is not in PEM form".to_owned(),
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.current.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("chain_file", &self.chain_file)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tls")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}
