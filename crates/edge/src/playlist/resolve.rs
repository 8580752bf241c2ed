//! What a URI in a playlist points to, seen from the playlist's own address at its source: an object of this event,
//! or something that is none of our business.

use url::Url;

/// The address of a playlist at its source, still percent-encoded.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// `/streams/{eventId}/`: where viewers find the event.
    pub(crate) event_prefix: String,
    /// The folders below the event, `""` or `"720p/"`.
    pub(crate) folder: String,
    /// Where the source has the event: the path of its folder, which is the event's prefix for local files.
    base: String,
    /// The source's scheme, host and port; local files have none.
    site: Option<String>,
}

/// What a URI points to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target<'a> {
    /// An object of this event.
    Here {
        /// The path below the event, without dot segments, still percent-encoded.
        path: String,
        /// Query and fragment as written, with their `?` or `#`.
        suffix: &'a str,
        /// Whether it was written with a leading `/`.
        absolute: bool,
    },
    /// A foreign host, another event, another scheme, or nothing that can be told.
    Elsewhere,
}

impl Address {
    /// Takes a request path `/streams/{eventId}/{path}` apart.
    pub(crate) fn new(event_prefix: &str, request_path: &str) -> Self {
        let below = request_path.strip_prefix(event_prefix).unwrap_or_default();
        let folder = below
            .rfind('/')
            .and_then(|slash| below.get(..=slash))
            .unwrap_or_default();
        Self {
            event_prefix: event_prefix.to_owned(),
            folder: folder.to_owned(),
            base: event_prefix.to_owned(),
            site: None,
        }
    }

    /// Returns the same address at a source that has the event in the folder `base`, a URL that ends with a slash.
    pub(crate) fn at(self, base: &Url) -> Self {
        Self {
            base: base.path().to_owned(),
            site: Some(base.origin().ascii_serialization()),
            ..self
        }
    }

    /// Returns how many folders below the event the playlist lies.
    pub(crate) fn depth(&self) -> usize {
        self.folder.matches('/').count()
    }

    /// Decides what `uri` points to.
    pub(crate) fn resolve<'a>(&self, uri: &'a str) -> Target<'a> {
        // Browsers read a backslash as a slash and drop control characters, so such a URI could leave the
        // host although it does not look like it; a leading variable could expand to any host.
        let untellable = uri.starts_with("{$") || uri.contains(|c: char| c == '\\' || c.is_control());
        if untellable {
            return Target::Elsewhere;
        }
        let (path, suffix) = uri.split_at(uri.find(['?', '#']).unwrap_or(uri.len()));
        if path.is_empty() {
            return Target::Elsewhere;
        }
        let has_host = path.starts_with("//") || has_scheme(path);
        let absolute = has_host || path.starts_with('/');
        let whole = if has_host {
            let Some(whole) = self.path_at_site(path) else {
                return Target::Elsewhere;
            };
            whole
        } else if absolute {
            path.to_owned()
        } else {
            format!("{}{}{path}", self.base, self.folder)
        };
        let normal = without_dot_segments(&whole);
        match normal.strip_prefix(&self.base) {
            Some(below) if !below.is_empty() => Target::Here {
                path: below.to_owned(),
                suffix,
                absolute,
            },
            _ => Target::Elsewhere,
        }
    }

    /// Returns the path of a URI with a host, if that is the source's own site.
    fn path_at_site(&self, uri: &str) -> Option<String> {
        let site = self.site.as_deref()?;
        let url = if uri.starts_with("//") {
            let (scheme, _) = site.split_once(':')?;
            Url::parse(&format!("{scheme}:{uri}"))
        } else {
            Url::parse(uri)
        };
        let url = url.ok()?;
        let is_here = url.origin().ascii_serialization() == site;
        // Who names credentials means to be asked with them: not by our viewers.
        let is_plain = url.username().is_empty() && url.password().is_none();
        (is_here && is_plain).then(|| url.path().to_owned())
    }

    /// Returns the shortest relative reference from the playlist to `path` below the event.
    pub(crate) fn relative_to(&self, path: &str) -> String {
        let mut common = 0;
        for (own, theirs) in self.folder.split_inclusive('/').zip(path.split_inclusive('/')) {
            if own != theirs || !theirs.ends_with('/') {
                break;
            }
            common += own.len();
        }
        let up = self.folder.get(common..).unwrap_or_default().matches('/').count();
        let rest = path.get(common..).unwrap_or_default();
        // "a:b.ts" alone would read as a scheme, and nothing at all as the playlist itself.
        let dot = if up == 0 && (rest.is_empty() || has_scheme(rest) || rest.starts_with('/')) {
            "./"
        } else {
            ""
        };
        format!("{}{dot}{rest}", "../".repeat(up))
    }
}

fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Removes dot segments as RFC 3986 section 5.2.4 and browsers do: `%2e` counts as a dot.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address::new("/streams/evt/", "/streams/evt/a/b/x.m3u8")
    }

    fn here(uri: &str) -> Option<String> {
        match address().resolve(uri) {
            Target::Here { path, suffix, .. } => Some(format!("{path}{suffix}")),
            Target::Elsewhere => None,
        }
    }

    #[test]
    fn uris_of_this_event_are_recognised_in_every_spelling() {
        for (uri, path) in [
            ("seg.ts", "a/b/seg.ts"),
            ("./seg.ts?x=1#y", "a/b/seg.ts?x=1#y"),
            ("../seg%20one.ts", "a/seg%20one.ts"),
            ("../../../evt/seg.ts", "seg.ts"),
            ("/streams/evt/seg.ts", "seg.ts"),
            ("/x/../streams/evt/c/seg.ts", "c/seg.ts"),
            ("%2e%2e/seg.ts", "a/seg.ts"),
            ("seg{$n}.ts", "a/b/seg{$n}.ts"),
        ] {
            assert_eq!(here(uri).as_deref(), Some(path), "{uri}");
        }
    }

    #[test]
    fn everything_else_is_elsewhere() {
        for uri in [
            "https://example.org/streams/evt/a.ts",
            "//example.org/streams/evt/a.ts",
            "//streams/evt/a.ts",
            "data:text/plain,x",
            "skd://key",
            "a:b.ts",
            "/streams/evt-2/a.ts",
            "/streams/evt",
            "/streams/evt/",
            "/streams/evt/../other/a.ts",
            "../../../other/a.ts",
            "../../../../../etc/passwd",
            "%2E%2e/../.%2e/../other/a.ts",
            "\\\\example.org\\a.ts",
            "/\\example.org/a.ts",
            "ht\ttps://example.org/",
            "{$base}/a.ts",
            "?only=query",
            "#fragment",
            "",
        ] {
            assert_eq!(here(uri), None, "{uri}");
        }
    }

    #[test]
    fn at_an_upstream_the_sources_own_host_and_folder_count() {
        let base = Url::parse("https://o.example:8443/live/x%20y/").unwrap();
        let address = address().at(&base);
        let here = |uri| match address.resolve(uri) {
            Target::Here {
                path,
                suffix,
                absolute,
            } => Some((format!("{path}{suffix}"), absolute)),
            Target::Elsewhere => None,
        };
        for (uri, path, is_absolute) in [
            ("s.ts", "a/b/s.ts", false),
            ("https://o.example:8443/live/x%20y/s.ts?k=1", "s.ts?k=1", true),
            ("HTTPS://O.example:8443/live/../live/x%20y/c/s.ts", "c/s.ts", true),
            ("//o.example:8443/live/x%20y/s.ts", "s.ts", true),
            ("/live/x%20y/s.ts", "s.ts", true),
        ] {
            assert_eq!(here(uri), Some((path.to_owned(), is_absolute)), "{uri}");
        }
        for uri in [
            "http://o.example:8443/live/x%20y/s.ts",
            "https://o.example/live/x%20y/s.ts",
            "https://o.example:8443/live/other/s.ts",
            "https://o.example:8443/live/x%20y/",
            "https://u:p@o.example:8443/live/x%20y/s.ts",
            "https://o.example:8443@evil.example/live/x%20y/s.ts",
            "//evil.example/live/x%20y/s.ts",
            "/streams/evt/s.ts",
            "https://o.example:8443/live/x%20y/../s.ts",
            "data:video/mp2t,x",
            "skd://o.example:8443/live/x%20y/k",
        ] {
            assert_eq!(here(uri), None, "{uri}");
        }
    }

    #[test]
    fn relative_references_are_the_shortest() {
        for (path, expected) in [
            ("a/b/seg.ts", "seg.ts"),
            ("a/seg.ts", "../seg.ts"),
            ("seg.ts", "../../seg.ts"),
            ("a/c/seg.ts", "../c/seg.ts"),
            ("a/b/c/seg.ts", "c/seg.ts"),
            ("a/b/c:d.ts", "./c:d.ts"),
            ("a/b/", "./"),
        ] {
            assert_eq!(address().relative_to(path), expected);
        }
    }
}
