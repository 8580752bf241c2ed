//! What a process has used, by `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Returns the processor time of a process with all its threads, user and system, to 10 ms.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    let ticks = cpu_ticks(&stat).with_context(|| format!("{path} is not as expected"))?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_millis(ticks * 1_000 / per_second.max(1)))
}

/// Reads `utime + stime`: the 14th and 15th field, where the second is a name in parentheses that may contain anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

/// Returns the bytes of memory that a process holds (`VmRSS`).
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    resident_kib(&status)
        .map(|kib| kib * 1_024)
        .with_context(|| format!("{path} is not as expected"))
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_whatever_the_process_is_called() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 5 6 7 8 120 30 9 9 20 0 4 0 1000";
        assert_eq!(cpu_ticks(stat), Some(150));
        assert_eq!(cpu_ticks("42 (a"), None);
    }

    #[test]
    fn this_process_has_memory_and_uses_time() {
        let own = std::process::id();
        assert!(resident_bytes(own).unwrap() > 100_000);
        let started = cpu_time(own).unwrap();
        let mut sum = 0_u64;
        while cpu_time(own).unwrap() == started {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_time(own).unwrap() > started);
        assert_eq!(resident_kib("Name: x\nVmRSS:\t    1234 kB\n"), Some(1_234));
    }
}
