//! What a process has used, by `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Returns the processor time of a process with all its threads, user and system, to the nanosecond. What threads used that
/// have ended meanwhile is not in it.
pub(crate) fn cpu_time_of_threads(pid: u32) -> Result<Duration> {
    let folder = format!("/proc/{pid}/task");
    let mut nanos = 0;
    for thread in fs::read_dir(&folder).with_context(|| format!("{folder} cannot be read"))? {
        // One that ends just now is not there any more.
        if let Ok(schedstat) = fs::read_to_string(thread?.path().join("schedstat")) {
            let used = schedstat
                .split(' ')
                .next()
                .and_then(|used| used.parse::<u64>().ok());
            nanos += used.with_context(|| format!("{folder}: a schedstat is not as expected"))?;
        }
    }
    Ok(Duration::from_nanos(nanos))
}

/// Returns the processor time of a process with all its threads, user and system, to 10 ms.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    let ticks = sum_of_fields::<2>(&stat).with_context(|| format!("{path} is not as expected"))?;
    Ok(ticks_to_time(ticks))
}

/// Returns the processor time that the whole machine has spent since its start, whoever it was for; what the host took
/// away from a virtual machine counts too.
pub fn machine_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/stat").context("/proc/stat cannot be read")?;
    let ticks = machine_ticks(&stat).context("/proc/stat is not as expected")?;
    Ok(ticks_to_time(ticks))
}

/// Returns the processor time of this process and of those children that it has waited for.
pub fn own_time() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("/proc/self/stat cannot be read")?;
    let ticks = sum_of_fields::<4>(&stat).context("/proc/self/stat is not as expected")?;
    Ok(ticks_to_time(ticks))
}

fn ticks_to_time(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second();
    Duration::from_millis(ticks * 1_000 / per_second.max(1))
}

/// Reads `utime + stime`, and with four fields those of the children: from the 14th on, where the second is a name in
/// parentheses that may contain anything.
fn sum_of_fields<const FIELDS: usize>(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    (0..FIELDS).try_fold(0, |sum, _| Some(sum + fields.next()?.parse::<u64>().ok()?))
}

/// Reads the first line: user, nice, system, idle, iowait, irq, softirq, steal.
fn machine_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map(|field| field.parse().ok())
        .collect::<Option<_>>()?;
    let [user, nice, system, _idle, _iowait, irq, softirq, steal] = *fields.as_slice() else {
        return None;
    };
    Some(user + nice + system + irq + softirq + steal)
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
        assert_eq!(sum_of_fields::<2>(stat), Some(150));
        assert_eq!(sum_of_fields::<4>(stat), Some(168));
        assert_eq!(sum_of_fields::<2>("42 (a"), None);
    }

    #[test]
    fn the_machines_time_is_all_but_waiting() {
        let stat = "cpu  10 2 30 4000 500 6 7 8 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(machine_ticks(stat), Some(63));
        assert_eq!(machine_ticks("intr 5"), None);
        assert!(machine_time().unwrap() > own_time().unwrap());
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
        assert!(cpu_time_of_threads(own).unwrap() > Duration::ZERO);
        assert_eq!(resident_kib("Name: x\nVmRSS:\t    1234 kB\n"), Some(1_234));
    }
}
