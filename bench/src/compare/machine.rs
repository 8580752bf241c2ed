//! The machine, as far as the figures depend on it.

use std::fs;

use anyhow::Result;

use super::nginx;

/// Returns one line: processor, cores, memory, kernel, TCP's congestion control, the opponent's version.
pub(super) fn describe() -> Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = field(&cpu, "model name").unwrap_or("an unknown processor");
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = field(&memory, "MemTotal")
        .and_then(|text| text.trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let congestion_control = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control")?;
    Ok(format!(
        "{model}, {cores} cores, {} GiB of memory, Linux {}, loopback with TCP {}, nginx {}",
        kib / 1_048_576,
        kernel.trim(),
        congestion_control.trim(),
        nginx::version()?
    ))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}
