//! Whether a client takes gzip (RFC 9110 section 12.5.3).

use http::{HeaderMap, header};

/// Decides from `Accept-Encoding` whether gzip is to be sent: accepted, and not liked less than no coding.
pub(crate) fn is_gzip_welcome(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    for field in headers.get_all(header::ACCEPT_ENCODING) {
        for item in field.to_str().unwrap_or_default().split(',') {
            let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight(parameters);
            match coding.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => gzip = Some(weight),
                "identity" => identity = Some(weight),
                "*" => any = Some(weight),
                _ => {}
            }
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// Reads `q=` in thousandths; absent or broken text counts as one.
fn weight(parameters: &str) -> u32 {
    let quality = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(quality) = quality else { return 1000 };
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    if whole != "0" {
        return 1000;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    digits.parse().unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome(value: &'static str) -> bool {
        is_gzip_welcome(&HeaderMap::from_iter([(
            header::ACCEPT_ENCODING,
            value.parse().unwrap(),
        )]))
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for yes in [
            "gzip",
            "GZIP",
            "x-gzip",
            "deflate, gzip;q=0.5, br",
            "*",
            "gzip;q=0.001",
            "identity;q=0.5, gzip",
        ] {
            assert!(welcome(yes), "{yes}");
        }
    }

    #[test]
    fn gzip_is_not_sent_to_those_who_do_not() {
        for no in [
            "",
            "br",
            "gzip;q=0",
            "gzip; q=0.000",
            "*;q=0",
            "*, gzip;q=0",
            "identity, gzip;q=0.9",
        ] {
            assert!(!welcome(no), "{no}");
        }
        assert!(!is_gzip_welcome(&HeaderMap::new()));
    }
}
