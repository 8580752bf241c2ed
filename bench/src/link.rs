//! One keep-alive connection of one client, as a browser holds it: opened at the first request, opened again when
//! the server has closed it meanwhile.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A player gives up on an answer after so long; hls.js waits 20 s for a fragment.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    #[error("no answer within {ANSWER_TIMEOUT:?}")]
    Timeout,
    #[error("not a request")]
    Request(#[source] http::Error),
}

/// What is asked for.
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) bearer: Option<&'a str>,
    pub(crate) json: Option<Bytes>,
}

impl<'a> Ask<'a> {
    pub(crate) const fn get(path: &'a str, bearer: &'a str) -> Self {
        Self {
            method: Method::GET,
            path,
            bearer: Some(bearer),
            json: None,
        }
    }

    pub(crate) const fn post(path: &'a str, bearer: Option<&'a str>, json: Option<Bytes>) -> Self {
        Self {
            method: Method::POST,
            path,
            bearer,
            json,
        }
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The body; empty if it was only counted.
    pub(crate) body: Bytes,
    pub(crate) body_bytes: u64,
}

/// The connection.
pub(crate) struct Link {
    /// `host:port`
    authority: String,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Link {
    pub(crate) const fn new(authority: String) -> Self {
        Self {
            authority,
            sender: None,
        }
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Asks and keeps the body.
    pub(crate) async fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer, LinkError> {
        self.within_time(ask, true).await
    }

    /// Asks and only counts the body: a segment is decoded by nobody here.
    pub(crate) async fn download(&mut self, ask: &Ask<'_>) -> Result<Answer, LinkError> {
        self.within_time(ask, false).await
    }

    async fn within_time(&mut self, ask: &Ask<'_>, keep: bool) -> Result<Answer, LinkError> {
        let outcome = tokio::time::timeout(ANSWER_TIMEOUT, self.exchange(ask, keep)).await;
        let outcome = outcome.unwrap_or(Err(LinkError::Timeout));
        if outcome.is_err() {
            // What is left of the answer would be read as the next one's.
            self.sender = None;
        }
        outcome
    }

    async fn exchange(&mut self, ask: &Ask<'_>, keep: bool) -> Result<Answer, LinkError> {
        let mut is_reused = self.sender.is_some();
        loop {
            let request = self.request(ask).map_err(LinkError::Request)?;
            let sender = self.sender().await?;
            let sent = match sender.ready().await {
                Ok(()) => sender.send_request(request).await,
                Err(error) => Err(error),
            };
            match sent {
                Ok(response) => return read(response, keep).await.map_err(LinkError::Broken),
                // A server may close an idle connection at any time; every browser then asks once more.
                Err(error) if is_reused && (error.is_closed() || error.is_canceled()) => {
                    is_reused = false;
                    self.sender = None;
                }
                Err(error) => return Err(LinkError::Broken(error)),
            }
        }
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, LinkError> {
        let sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => connect(&self.authority).await?,
        };
        Ok(self.sender.insert(sender))
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(ask.path)
            .header(header::HOST, &self.authority);
        if let Some(token) = ask.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if ask.json.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(ask.json.clone().unwrap_or_default()))
    }
}

async fn connect(authority: &str) -> Result<SendRequest<Full<Bytes>>, LinkError> {
    let socket = TcpStream::connect(authority).await.map_err(LinkError::Connect)?;
    socket.set_nodelay(true).map_err(LinkError::Connect)?;
    let (sender, connection) = http1::handshake(TokioIo::new(socket))
        .await
        .map_err(LinkError::Broken)?;
    // Its end is seen by the sender, which reports it.
    drop(tokio::spawn(connection));
    Ok(sender)
}

async fn read(response: http::Response<hyper::body::Incoming>, keep: bool) -> Result<Answer, hyper::Error> {
    let (head, mut body) = response.into_parts();
    let mut answer = Answer {
        status: head.status,
        body: Bytes::new(),
        body_bytes: 0,
    };
    if keep {
        answer.body = body.collect().await?.to_bytes();
        answer.body_bytes = answer.body.len() as u64;
        return Ok(answer);
    }
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            answer.body_bytes += data.len() as u64;
        }
    }
    Ok(answer)
}
