//! The delivery directives of low-latency HLS: the only part of a viewer's query that reaches an upstream.

/// `_HLS_msn`, `_HLS_part` and `_HLS_skip`; equal values mean equal requests.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Directives {
    number: Option<u64>,
    part: Option<u64>,
    skip: Option<Skip>,
}

/// What the player has of a playlist may be left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Skip {
    Segments,
    SegmentsAndDateRanges,
}

impl Directives {
    /// `None` when nothing is asked for.
    pub(crate) fn new(number: Option<u64>, part: Option<u64>, skip: Option<Skip>) -> Option<Self> {
        let is_any = number.is_some() || part.is_some() || skip.is_some();
        is_any.then_some(Self { number, part, skip })
    }

    /// Reads them from a raw query. Values that the directives do not have are left out, as is all else; `None`
    /// when nothing remains.
    pub(crate) fn from_query(query: &str) -> Option<Self> {
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let number = |name| value(name).filter(|text| is_number(text))?.parse().ok();
        let skip = match value("_HLS_skip").as_deref() {
            Some("YES") => Some(Skip::Segments),
            Some("v2") => Some(Skip::SegmentsAndDateRanges),
            _ => None,
        };
        Self::new(number("_HLS_msn"), number("_HLS_part"), skip)
    }

    /// Returns the number of the segment that the playlist is to have.
    pub(crate) const fn number(&self) -> Option<u64> {
        self.number
    }

    /// Returns the number of the part of that segment.
    pub(crate) const fn part(&self) -> Option<u64> {
        self.part
    }

    pub(crate) const fn skip(&self) -> Option<Skip> {
        self.skip
    }

    /// Tells whether the answer need not be the whole playlist.
    pub(crate) const fn skips(&self) -> bool {
        self.skip.is_some()
    }

    /// Returns the query, without its question mark; sorted, as players send it.
    pub(crate) fn to_query(&self) -> String {
        let skip = self.skip.map(|skip| match skip {
            Skip::Segments => "_HLS_skip=YES".to_owned(),
            Skip::SegmentsAndDateRanges => "_HLS_skip=v2".to_owned(),
        });
        let number = |name, number: Option<u64>| number.map(|number| format!("{name}={number}"));
        let all = [
            number("_HLS_msn", self.number),
            number("_HLS_part", self.part),
            skip,
        ];
        let all: Vec<String> = all.into_iter().flatten().collect();
        all.join("&")
    }
}

fn is_number(text: &str) -> bool {
    (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_sorted_and_everything_else_is_left_out() {
        let read = |query| Directives::from_query(query).map(|found| found.to_query());
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
