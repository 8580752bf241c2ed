//! `streamgate health`: what a container's health check runs, because its image has nothing else that can ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::process;
use crate::settings::{Values, process_settings};

/// Longer than any answer from counters takes, shorter than the interval of any check.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the service on this machine's `PORT` for `/health`; fails unless the answer is 200.
pub(crate) fn health(values: &Values) -> anyhow::Result<()> {
    let mut address = process_settings(values, 3_000)?.address;
    address.set_ip(match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    });
    let with_tls = values.get("TLS_CERT").is_some();
    let scheme = if with_tls { "https" } else { "http" };
    process::block_on(async {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            // The certificate is for the public name, and the question goes to ourselves.
            .tls_danger_accept_invalid_certs(with_tls)
            .build()?;
        let answer = client.get(format!("{scheme}://{address}/health")).send().await?;
        anyhow::ensure!(
            answer.status().is_success(),
            "{address} answers {}",
            answer.status()
        );
        Ok(())
    })
}
