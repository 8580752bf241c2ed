//! promises: over TLS everything is as without it, and a certificate is replaced without a drop (T-02, T-03).

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::support::{GET, PATIENCE, SHORT, Server, hello, patient, read_to_close, read_until};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use streamgate_serving::listeners::{Door, Limits, Outlet, Tls, TlsError, bind};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A folder with a certificate for `localhost` and its key.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.renew();
        files
    }

    fn chain(&self) -> PathBuf {
        self.0.path().join("chain.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("key.pem")
    }

    fn renew(&self) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(self.chain(), made.cert.pem()).unwrap();
        fs::write(self.key(), made.signing_key.serialize_pem()).unwrap();
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(&self.chain(), &self.key())
    }

    /// A client that trusts the certificate that lies here now and nothing else.
    async fn connect(
        &self,
        server: &Server,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(self.chain()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, server.connect().await)
            .await
    }
}

fn serve(tls: &Tls, limits: Limits) -> Server {
    let door = Door {
        listener: bind("127.0.0.1:0".parse().unwrap()).unwrap(),
        tls: Some(tls.clone()),
    };
    Server::at(door, limits, |request: Request<hyper::body::Incoming>| {
        // What the kernel would send by itself would go around TLS.
        assert!(!request.extensions().get::<Outlet>().unwrap().sends_files());
        hello(request)
    })
}

#[tokio::test]
async fn clients_choose_http2_or_http1_and_get_tls_1_3() {
    let files = Files::new();
    let server = serve(&files.load().unwrap(), patient());
    let mut http1 = files.connect(&server, &["http/1.1"]).await.unwrap();
    assert_eq!(
        http1.get_ref().1.protocol_version(),
        Some(ProtocolVersion::TLSv1_3)
    );
    http1.write_all(GET).await.unwrap();
    assert!(read_until(&mut http1, "hello").await.starts_with("HTTP/1.1 200"));

    let http2 = files.connect(&server, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(http2.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(http2))
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = Request::get("https://localhost/")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello");
}

#[tokio::test]
async fn a_renewed_certificate_is_for_new_connections_and_open_ones_go_on() {
    let files = Files::new();
    let tls = files.load().unwrap();
    let server = serve(&tls, patient());
    let mut open = files.connect(&server, &[]).await.unwrap();
    files.renew();
    files.connect(&server, &[]).await.unwrap_err();
    tls.reload().unwrap();
    files.connect(&server, &[]).await.unwrap();
    open.write_all(GET).await.unwrap();
    read_until(&mut open, "hello").await;
    // A broken renewal changes nothing.
    fs::write(files.key(), "no key").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Key { .. })));
    files.connect(&server, &[]).await.unwrap();
}

#[tokio::test]
async fn files_that_do_not_make_a_certificate_are_named() {
    let files = Files::new();
    let other = Files::new();
    fs::copy(other.key(), files.key()).unwrap();
    let mismatch = files.load().unwrap_err().to_string();
    assert!(
        mismatch.ends_with("key.pem: it does not belong to the certificate"),
        "{mismatch}"
    );
    fs::write(files.chain(), "no certificate").unwrap();
    assert!(matches!(files.load(), Err(TlsError::Certificate { .. })));
    fs::remove_file(files.chain()).unwrap();
    assert!(files.load().unwrap_err().to_string().contains("No such file"));
}

// H-10: also within the handshake.
#[tokio::test]
async fn a_client_that_stalls_in_the_handshake_or_speaks_no_tls_is_closed() {
    let files = Files::new();
    let limits = Limits {
        header_timeout: SHORT,
        ..patient()
    };
    let server = serve(&files.load().unwrap(), limits);
    assert_eq!(read_to_close(&mut server.connect().await).await, "");
    let mut begun = server.connect().await;
    // The first bytes of a handshake record.
    begun.write_all(&[0x16, 0x03, 0x01]).await.unwrap();
    assert_eq!(read_to_close(&mut begun).await, "");
    let plain = timeout(PATIENCE, server.exchange(GET)).await.unwrap();
    assert!(!plain.contains("hello"));
}
