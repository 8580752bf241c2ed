//! Where an upstream's objects lie: `UPSTREAM_ORIGIN/{eventId}/{path}`, or `{stream_url}/{path}` for an event with a
//! source of its own.

use aws_lc_rs::digest::Context;
use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;
use url::Url;

/// The folder of one event at an upstream. Its URL may hold credentials or a signed query, so `Debug` shows the
/// host only.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Ends with a slash; a query of the source's own is kept for each request.
    base: Url,
    /// The name of the playlist that viewers begin with, if the source names it.
    entry: Option<Box<str>>,
    is_restricted: bool,
    /// The base without credentials and query.
    folder: Url,
}

impl Origin {
    /// The folder of `event` at the operator's `UPSTREAM_ORIGIN`.
    pub(crate) fn of_operator(upstream_origin: &Url, event: &EventId) -> Self {
        let mut base = upstream_origin.clone();
        let folder = base.path().trim_end_matches('/');
        base.set_path(&format!("{folder}/{event}/"));
        Self::new(base, None, false)
    }

    /// An event's own source: a folder, or a playlist in it. `None` for what is no http(s) URL.
    pub(crate) fn of_event(stream_url: &str) -> Option<Self> {
        let mut base = Url::parse(stream_url.trim()).ok()?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return None;
        }
        base.set_fragment(None);
        let path = base.path().to_owned();
        let (folder, last) = path.rsplit_once('/').unwrap_or(("", &path));
        let names_entry = last.strip_suffix(".m3u8").is_some_and(|name| !name.is_empty());
        let entry = names_entry.then(|| Box::from(last));
        let folder = if names_entry {
            folder
        } else {
            path.trim_end_matches('/')
        };
        base.set_path(&format!("{folder}/"));
        Some(Self::new(base, entry, true))
    }

    fn new(base: Url, entry: Option<Box<str>>, is_restricted: bool) -> Self {
        let mut folder = base.clone();
        folder.set_query(None);
        // Only URLs without a host have no place for these.
        let _ = folder.set_username("");
        let _ = folder.set_password(None);
        Self {
            base,
            entry,
            is_restricted,
            folder,
        }
    }

    /// Returns the name of the entry file, still percent-encoded, if the source names one.
    pub(crate) fn entry(&self) -> Option<&str> {
        self.entry.as_deref()
    }

    /// Tells whether the addresses of this origin are judged before connecting.
    pub(crate) const fn is_restricted(&self) -> bool {
        self.is_restricted
    }

    /// Returns the URL of the event's folder without credentials and query: what URIs in its playlists are
    /// compared with.
    pub(crate) const fn folder(&self) -> &Url {
        &self.folder
    }

    /// Returns the URL of an object, built from its canonical path.
    pub(super) fn url_of(&self, path: &MediaPath) -> Url {
        let mut url = self.base.clone();
        let folder = url.path().to_owned();
        url.set_path(&format!("{folder}{}", path.to_encoded()));
        url
    }

    /// Returns scheme, host and port: what connections are counted by.
    pub(super) fn authority(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    /// Feeds what tells this origin from others into a digest; credentials and signed queries may change while
    /// the objects stay.
    pub(crate) fn identify(&self, digest: &mut Context) {
        digest.update(self.folder.as_str().as_bytes());
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Origin")
            .field("host", &self.base.host_str())
            .field("is_restricted", &self.is_restricted)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(relative: &str) -> MediaPath {
        MediaPath::parse(EventId::parse("evt-1").unwrap(), relative).unwrap()
    }

    #[test]
    fn the_operators_origin_gets_the_event_id_and_an_events_own_source_does_not() {
        let event = EventId::parse("evt-1").unwrap();
        for base in ["http://o.example/live", "http://o.example/live/"] {
            let origin = Origin::of_operator(&Url::parse(base).unwrap(), &event);
            assert_eq!(
                origin.url_of(&path("720p/s%201.ts")).as_str(),
                "http://o.example/live/evt-1/720p/s%201.ts"
            );
        }
        let root = Origin::of_operator(&Url::parse("http://o.example").unwrap(), &event);
        assert_eq!(root.url_of(&path("a.ts")).as_str(), "http://o.example/evt-1/a.ts");
        for own in ["https://c.example/x/y", "https://c.example/x/y/"] {
            let origin = Origin::of_event(own).unwrap();
            assert_eq!(
                origin.url_of(&path("a/b.ts")).as_str(),
                "https://c.example/x/y/a/b.ts"
            );
            assert_eq!(origin.entry(), None);
        }
    }

    #[test]
    fn a_source_that_names_a_playlist_stands_for_its_folder_and_keeps_its_signed_query() {
        let origin = Origin::of_event("https://u:p@c.example/x/live%20one.m3u8?sig=a%2Fb#f").unwrap();
        assert_eq!(origin.entry(), Some("live%20one.m3u8"));
        assert_eq!(
            origin.url_of(&path("a.ts")).as_str(),
            "https://u:p@c.example/x/a.ts?sig=a%2Fb"
        );
        assert_eq!(origin.folder().as_str(), "https://c.example/x/");
        let shown = format!("{origin:?}");
        assert!(!shown.contains("sig") && !shown.contains("u:p"), "{shown}");
        assert_eq!(
            Origin::of_event("https://c.example/.m3u8/").unwrap().entry(),
            None
        );
    }

    #[test]
    fn a_canonical_path_never_leaves_the_base_whatever_it_holds() {
        let origin = Origin::of_event("https://c.example/x/").unwrap();
        for odd in [
            "a%3Fb.ts",
            "a;b.ts",
            "a%20%22.ts",
            "%C3%A9.ts",
            "a:b@c.ts",
            "a%7Cb.ts",
        ] {
            let Ok(path) = MediaPath::parse(EventId::parse("evt-1").unwrap(), odd) else {
                continue;
            };
            let url = origin.url_of(&path);
            assert!(url.path().starts_with("/x/") && url.query().is_none(), "{url}");
            assert_eq!(url.host_str(), Some("c.example"));
        }
    }

    #[test]
    fn what_is_no_web_address_is_no_source() {
        for wrong in ["", "x", "ftp://a/", "file:///etc/passwd", "data:,x", "http://"] {
            assert!(Origin::of_event(wrong).is_none(), "{wrong}");
        }
    }
}
