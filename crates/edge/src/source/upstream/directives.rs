//! The delivery directives of low-latency HLS: the only part of a viewer's query that reaches an upstream.

/// `_HLS_msn`, `_HLS_part` and `_HLS_skip`, in this order: equal text means equal request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Directives(Box<str>);

impl Directives {
    /// Reads them from a raw query. Values that the directives do not have are left out, as is all else; `None`
    /// when nothing remains.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the playlists of upstreams use it next")
    )]
    pub(crate) fn from_query(query: &str) -> Option<Self> {
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let number = |name| value(name).filter(|text| is_number(text));
        let mut text = String::new();
        let found = [
            ("_HLS_msn", number("_HLS_msn")),
            ("_HLS_part", number("_HLS_part")),
            (
                "_HLS_skip",
                value("_HLS_skip").filter(|text| text == "YES" || text == "v2"),
            ),
        ];
        for (name, value) in found {
            if let Some(value) = value {
                let separator = if text.is_empty() { "" } else { "&" };
                text.extend([separator, name, "=", &value]);
            }
        }
        (!text.is_empty()).then(|| Self(text.into()))
    }

    /// Returns the query, without its question mark.
    pub(crate) const fn as_query(&self) -> &str {
        &self.0
    }
}

fn is_number(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_sorted_and_everything_else_is_left_out() {
        let read = |query| Directives::from_query(query).map(|found| found.as_query().to_owned());
        assert_eq!(
            read("_HLS_skip=v2&__token=eyJx&_HLS_part=3&CMCD=x&_HLS_msn=12").as_deref(),
            Some("_HLS_msn=12&_HLS_part=3&_HLS_skip=v2")
        );
        assert_eq!(read("%5FHLS_msn=%31").as_deref(), Some("_HLS_msn=1"));
        for nothing in [
            "",
            "__token=x",
            "_HLS_msn=-1",
            "_HLS_msn=1%26x",
            "_HLS_msn=99999999999999999999",
            "_HLS_skip=NO",
            "_HLS_push=1",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
