//! Asks an upstream.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response};

use super::addresses::AllowedHosts;
use super::alarms::Alarms;
use super::directives::Directives;
use super::resolver::{Forbidden, GuardedResolver};
use super::slots::Slots;
use super::{Origin, UpstreamBody, UpstreamError, UpstreamTimeouts};
use crate::authorize::CoveredPath;

/// Idle connections to keep to one origin: a live audience's worth of renditions.
const IDLE_PER_HOST_MAX: usize = 32;
/// Validators longer than this are no validators but an attempt.
const VALIDATOR_BYTES_MAX: usize = 256;

/// What is asked for, besides the object's name.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Playlists have turns of their own.
    pub(crate) is_playlist: bool,
    /// The version that is known: answered with [`Answer::NotModified`] while it is current.
    pub(crate) known: Option<Known>,
    /// Low-latency directives.
    pub(crate) directives: Option<Directives>,
    /// How long the head of the answer may take; `None` as for everything else. An upstream holds requests with
    /// directives until the playlist has what they name.
    pub(crate) first_byte: Option<Duration>,
}

/// Validators as the upstream wrote them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Known {
    pub(crate) etag: Option<Box<str>>,
    pub(crate) last_modified: Option<Box<str>>,
}

/// What the upstream says of an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Head {
    /// `ETag` and `Last-Modified`, for the next question.
    pub(crate) validators: Known,
    /// The length of the body, if it is declared.
    pub(crate) length: Option<u64>,
    /// Whether the end of the body can be told from a connection that was cut.
    pub(crate) is_delimited: bool,
    /// How old the answer is already, by caches on the way.
    pub(crate) age: Duration,
}

/// What the upstream answers.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once per request to the upstream; the large one is the rule"
)]
pub(crate) enum Answer {
    /// The object.
    Found(Head, UpstreamBody),
    /// The known version is current.
    NotModified(Head),
}

/// Asks upstreams; one for the process.
#[derive(Debug)]
pub(crate) struct UpstreamClient {
    /// For the operator's own origin.
    free: Client,
    /// For sources that organisers name. It has connections of its own, so that none that was made without a look
    /// at the address is used again.
    guarded: Client,
    hosts: Arc<AllowedHosts>,
    timeouts: UpstreamTimeouts,
    slots: Slots,
    alarms: Alarms,
}

impl Ask {
    pub(crate) const fn playlist() -> Self {
        Self::plain(true)
    }

    pub(crate) const fn object() -> Self {
        Self::plain(false)
    }

    const fn plain(is_playlist: bool) -> Self {
        Self {
            is_playlist,
            known: None,
            directives: None,
            first_byte: None,
        }
    }
}

impl Head {
    /// Returns `Last-Modified` in whole seconds since 1970.
    pub(crate) fn modified_secs(&self) -> Option<u64> {
        let date = httpdate::parse_http_date(self.validators.last_modified.as_deref()?).ok()?;
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(since.as_secs())
    }

    fn of(response: &Response) -> Self {
        let headers = response.headers();
        let length = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let is_http1 = response.version() <= reqwest::Version::HTTP_11;
        let secs = text(headers, &header::AGE).and_then(|age| age.trim().parse().ok());
        Self {
            validators: Known {
                etag: text(headers, &header::ETAG),
                last_modified: text(headers, &header::LAST_MODIFIED),
            },
            length,
            is_delimited: length.is_some() || !is_http1 || headers.contains_key(header::TRANSFER_ENCODING),
            age: Duration::from_secs(secs.unwrap_or(0)),
        }
    }
}

impl UpstreamClient {
    pub(crate) fn new(hosts: AllowedHosts, timeouts: UpstreamTimeouts) -> Result<Self, reqwest::Error> {
        let hosts = Arc::new(hosts);
        let builder = || {
            Client::builder()
                .connect_timeout(timeouts.connect)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
                .user_agent(concat!("streamgate-edge/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            free: builder().build()?,
            guarded: builder()
                .dns_resolver(GuardedResolver(Arc::clone(&hosts)))
                .build()?,
            hosts,
            timeouts,
            slots: Slots::default(),
            alarms: Alarms::default(),
        })
    }

    /// Asks `origin` for the object at `path`.
    pub(crate) async fn get(
        &self,
        path: &CoveredPath,
        origin: &Origin,
        ask: Ask,
    ) -> Result<Answer, UpstreamError> {
        let answer = self.ask(Method::GET, path, origin, ask).await;
        answer.inspect_err(|error| self.alarms.tell(path.path().event(), origin, error))
    }

    /// Asks what `origin` would say of the object at `path`, without its body.
    pub(crate) async fn head(
        &self,
        path: &CoveredPath,
        origin: &Origin,
        ask: Ask,
    ) -> Result<Head, UpstreamError> {
        let asked = self.ask(Method::HEAD, path, origin, ask.clone()).await;
        let answer = match asked {
            // An origin that knows no HEAD: ask as usual and hang up before the body.
            Err(UpstreamError::Status(405 | 501)) => self.ask(Method::GET, path, origin, ask).await?,
            other => other?,
        };
        Ok(match answer {
            Answer::Found(head, _) | Answer::NotModified(head) => head,
        })
    }

    async fn ask(
        &self,
        method: Method,
        path: &CoveredPath,
        origin: &Origin,
        ask: Ask,
    ) -> Result<Answer, UpstreamError> {
        let client = self.client_for(origin)?;
        let slot = self.slots.take(origin.authority(), ask.is_playlist).await;
        let slot = slot.ok_or(UpstreamError::Overloaded)?;
        let mut url = origin.url_of(path.path());
        if let Some(directives) = &ask.directives {
            let query = directives.to_query();
            let query = match url.query() {
                Some(own) => format!("{own}&{query}"),
                None => query,
            };
            url.set_query(Some(&query));
        }
        let request = client
            .request(method.clone(), url)
            .headers(conditions(ask.known.as_ref()))
            // A body in another coding has other lengths and ranges than the object.
            .header(header::ACCEPT_ENCODING, "identity");
        let limit = ask.first_byte.unwrap_or(self.timeouts.first_byte);
        let sent = tokio::time::timeout(limit, request.send()).await;
        let response = sent
            .map_err(|_| UpstreamError::TimedOut("answer"))?
            .map_err(|error| explain(&error))?;
        let head = Head::of(&response);
        match response.status().as_u16() {
            200 => {
                check_content(response.headers())?;
                let declared = head.length.filter(|_| method == Method::GET);
                let body = UpstreamBody::new(response, declared, self.timeouts.between_bytes, slot);
                Ok(Answer::Found(head, body))
            }
            304 if ask.known.is_some() => Ok(Answer::NotModified(head)),
            404 | 410 => Err(UpstreamError::NotFound),
            status @ (300..=303 | 305..=399) => Err(UpstreamError::Redirect(status)),
            status => Err(UpstreamError::Status(status)),
        }
    }

    fn client_for(&self, origin: &Origin) -> Result<&Client, UpstreamError> {
        if !origin.is_restricted() {
            return Ok(&self.free);
        }
        // An address is no name to look up: the guarded resolver never sees it.
        let address = match origin.base().host() {
            Some(url::Host::Ipv4(address)) => address.into(),
            Some(url::Host::Ipv6(address)) => address.into(),
            Some(url::Host::Domain(_)) => return Ok(&self.guarded),
            None => return Err(UpstreamError::ForbiddenAddress),
        };
        if self.hosts.allows(address) {
            Ok(&self.guarded)
        } else {
            Err(UpstreamError::ForbiddenAddress)
        }
    }
}

fn conditions(known: Option<&Known>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, text: Option<&str>| {
        if let Some(Ok(value)) = text.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    };
    if let Some(known) = known {
        set(header::IF_NONE_MATCH, known.etag.as_deref());
        set(header::IF_MODIFIED_SINCE, known.last_modified.as_deref());
    }
    headers
}

/// Refuses bodies that are not the object: in a coding that nobody asked for, or a page for people.
fn check_content(headers: &HeaderMap) -> Result<(), UpstreamError> {
    let coding = text(headers, &header::CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(UpstreamError::Broken(
            "a content coding that was not asked for".to_owned(),
        ));
    }
    let media_type = text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    if media_type.to_ascii_lowercase().starts_with("text/html") {
        return Err(UpstreamError::Broken("a web page instead of media".to_owned()));
    }
    Ok(())
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<Box<str>> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= VALIDATOR_BYTES_MAX).then(|| value.into())
}

/// Tells the innermost cause, which is the one that helps, and never the URL.
pub(super) fn explain(error: &reqwest::Error) -> UpstreamError {
    let mut cause: &dyn StdError = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if cause.is::<Forbidden>() {
        return UpstreamError::ForbiddenAddress;
    }
    if error.is_timeout() {
        return UpstreamError::TimedOut(if error.is_connect() { "connect" } else { "answer" });
    }
    if error.is_connect() {
        UpstreamError::Unreachable(cause.to_string())
    } else {
        UpstreamError::Broken(cause.to_string())
    }
}
