//! Where the bytes of a fetch go: into a file of the cache, or, when that cannot be written, into a file in memory.
//! A disk that fills up in the middle costs nobody the picture.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Disk, Unfinished};
use crate::source::read::read_blocking;

/// Objects in memory at a time, all together: what a small machine can spare while its disk is full.
const MEMORY_BYTES_MAX: u64 = 256 << 20;
const COPY_BYTES: usize = 256 * 1024;

/// How many bytes are held in memory because there was no disk for them.
#[derive(Debug, Default)]
pub(super) struct MemoryBudget(AtomicU64);

/// A file in memory; gives its bytes back to the budget when its last holder goes.
#[derive(Debug)]
pub(super) struct MemoryFile {
    file: Arc<File>,
    bytes: u64,
    budget: Arc<MemoryBudget>,
}

/// A body that is being written. All its functions but [`Sink::file`] block.
#[derive(Debug)]
pub(super) enum Sink {
    Disk(Unfinished),
    Memory(MemoryFile),
}

impl MemoryBudget {
    pub(super) fn is_low(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MEMORY_BYTES_MAX / 2
    }

    fn take(&self, bytes: u64) -> bool {
        let taken = self.0.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if taken > MEMORY_BYTES_MAX {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
        taken <= MEMORY_BYTES_MAX
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Sink {
    /// Begins a body on the disk.
    pub(super) fn on_disk(disk: &Disk) -> io::Result<Self> {
        disk.create().map(Self::Disk)
    }

    /// Begins a body in memory.
    pub(super) fn in_memory(budget: &Arc<MemoryBudget>) -> io::Result<Self> {
        Ok(Self::Memory(MemoryFile {
            file: Arc::new(memory_file()?),
            bytes: 0,
            budget: Arc::clone(budget),
        }))
    }

    pub(super) const fn file(&self) -> &Arc<File> {
        match self {
            Self::Disk(unfinished) => &unfinished.file,
            Self::Memory(memory) => &memory.file,
        }
    }

    /// Appends to the body.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if let Self::Memory(memory) = self {
            let length = bytes.len() as u64;
            if !memory.budget.take(length) {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            memory.bytes += length;
        }
        self.file().write_all_at(bytes, offset)
    }

    /// Copies what was written so far into memory, where the rest can follow.
    pub(super) fn moved_to_memory(&self, written: u64, budget: &Arc<MemoryBudget>) -> io::Result<Self> {
        let mut memory = Self::in_memory(budget)?;
        let mut offset = 0;
        while offset < written {
            let length = usize::try_from(written - offset).map_or(COPY_BYTES, |left| left.min(COPY_BYTES));
            let bytes = read_blocking(self.file(), offset, length)?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            memory.write(offset, &bytes)?;
            offset += bytes.len() as u64;
        }
        Ok(memory)
    }
}

#[cfg(target_os = "linux")]
fn memory_file() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(File::from(memfd_create("streamgate", MemfdFlags::CLOEXEC)?))
}

/// Elsewhere the nearest thing is a file without a name in the folder for temporary files.
#[cfg(not(target_os = "linux"))]
fn memory_file() -> io::Result<File> {
    use std::sync::atomic::AtomicU64 as Counter;
    static NAMES: Counter = Counter::new(0);
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("streamgate-{}-{number}", std::process::id()));
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
