//! The page's document with this platform's settings in it.

use std::borrow::Cow;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use super::files::{content_answer, etag};
use crate::settings::{PlatformSettings, TokenCarrier};

/// Where the settings go: the build leaves an empty object there.
const PLACE: &str = r#"<meta name="streamgate-config" content="{}">"#;

/// What the page is told. It is readable by everybody.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageConfig<'a> {
    app_name: &'a str,
    /// Where tickets lead their viewers.
    public_url: &'a str,
    token_carrier: &'static str,
    support_contact: Option<&'a str>,
    imprint_url: Option<&'a str>,
    privacy_url: Option<&'a str>,
}

/// The document as it is served.
#[derive(Debug)]
pub(super) struct Document {
    html: String,
    etag: String,
}

impl Document {
    /// Puts the settings into the built document.
    pub(super) fn new(built: &str, settings: &PlatformSettings) -> Option<Self> {
        let page = &settings.page;
        let config = PageConfig {
            app_name: &page.app_name,
            public_url: settings.public_url.as_str(),
            token_carrier: match settings.token_carrier {
                TokenCarrier::Header => "header",
                TokenCarrier::Path => "path",
            },
            support_contact: page.support_contact.as_deref(),
            imprint_url: page.imprint_url.as_ref().map(url::Url::as_str),
            privacy_url: page.privacy_url.as_ref().map(url::Url::as_str),
        };
        let json = serde_json::to_string(&config).ok()?;
        let html = built.replacen(PLACE, &PLACE.replace("{}", &escaped(&json)), 1);
        let sha256: [u8; 32] = digest(&SHA256, html.as_bytes()).as_ref().try_into().ok()?;
        Some(Self {
            etag: etag(&sha256),
            html,
        })
    }

    /// Answers with the document; it is checked anew at each visit, so that a new version is seen at once.
    pub(super) fn response(&self, request: &HeaderMap, head_only: bool) -> Response {
        let content = Cow::Owned(self.html.clone().into_bytes());
        let mut answer = content_answer(
            request,
            content,
            "text/html; charset=utf-8",
            &self.etag,
            head_only,
        );
        answer
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        answer
    }
}

/// Makes a text safe between double quotes in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    // I-01
    #[test]
    fn a_setting_cannot_leave_the_attribute_that_it_is_written_into() {
        assert_eq!(
            escaped(r#"{"a":"\"><script>&"}"#),
            "{&quot;a&quot;:&quot;\\&quot;&gt;&lt;script&gt;&amp;&quot;}"
        );
    }
}
