//! The origin that an edge fetches from.

use std::time::Duration;

use super::neighbours::explain;
use super::report::Report;
use crate::settings::Values;

/// What an edge itself waits for a first byte.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn check(values: &Values, report: &mut Report) {
    const NAME: &str = "upstream";
    let Ok(Some(origin)) = values.http_url("UPSTREAM_ORIGIN") else {
        return; // none, or the check of the settings has said what is wrong
    };
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let answer = match client {
        Ok(client) => client.head(origin.clone()).send().await,
        Err(error) => Err(error),
    };
    let shown = origin.origin().ascii_serialization();
    match answer {
        // Whatever it says of its root folder: it is there and speaks HTTP.
        Ok(answer) if !answer.status().is_server_error() => {
            report.good(NAME, &format!("{shown} answers"));
        }
        Ok(answer) => report.warn(NAME, &format!("{shown} answers {}", answer.status())),
        Err(error) => report.fail(NAME, &format!("{shown}: {}", explain(error))),
    }
}
