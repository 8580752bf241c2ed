//! Pieces of response bodies: bytes, or parts of files that the kernel sends by itself.
//!
//! hyper only knows buffers. A part of a file poses as one: it shows hyper a slice of [`SENTINEL`], and the
//! socket recognises that slice by its address and has the kernel send the file instead. What the file is, and
//! where it goes on, stands in the connection's queue of [`Jobs`].

use std::collections::VecDeque;
use std::fs::File;
use std::io::IoSlice;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};

/// Bytes of a file that are sent at a time at most, so that one client does not keep a thread from others.
pub const FILE_PIECE_MAX: usize = 1024 * 1024;

/// Stands for the bytes of any file. Never sent, never read.
static SENTINEL: [u8; FILE_PIECE_MAX] = [0; FILE_PIECE_MAX];

/// Tells whether a slice stands for a part of a file.
pub(super) fn is_file(slice: &[u8]) -> bool {
    SENTINEL.as_ptr_range().contains(&slice.as_ptr())
}

/// A piece of a response's body.
#[derive(Debug)]
pub enum Piece {
    /// Bytes at hand.
    Bytes(Bytes),
    /// A part of a file, made by [`Outlet::file`](super::Outlet::file) for the connection that it is sent on.
    File(FilePart),
}

impl From<Bytes> for Piece {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(part) => part.left,
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::File(part) => part.disguise(),
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        match slices.first_mut() {
            Some(slice) if self.has_remaining() => {
                *slice = IoSlice::new(self.chunk());
                1
            }
            _ => 0,
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Bytes(bytes) => bytes.advance(count),
            Self::File(part) => part.left = part.left.saturating_sub(count),
        }
    }
}

/// A part of a file on its way through hyper; taken back from the queue when it is dropped unsent.
#[derive(Debug)]
pub struct FilePart {
    id: u64,
    left: usize,
    jobs: Jobs,
}

impl FilePart {
    fn disguise(&self) -> &'static [u8] {
        SENTINEL.get(..self.left).unwrap_or(&SENTINEL)
    }
}

impl Drop for FilePart {
    fn drop(&mut self) {
        if self.left > 0 {
            self.jobs.with(|queue| {
                queue.waiting.retain(|job| job.id != self.id);
                queue.unsent += self.left as u64;
            });
        }
    }
}

/// The file parts of one connection that wait to be sent, in order. Clones are the same queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    made: u64,
    /// Bytes of parts that were dropped before they were sent: the connection has ended.
    unsent: u64,
    waiting: VecDeque<Job>,
}

#[derive(Debug)]
pub(super) struct Job {
    id: u64,
    pub(super) file: Arc<File>,
    pub(super) offset: u64,
    pub(super) left: usize,
}

impl Jobs {
    pub(super) fn add(&self, file: &Arc<File>, offset: u64, length: usize) -> Piece {
        let id = self.with(|queue| {
            queue.made += 1;
            queue.waiting.push_back(Job {
                id: queue.made,
                file: Arc::clone(file),
                offset,
                left: length,
            });
            queue.made
        });
        Piece::File(FilePart {
            id,
            left: length,
            jobs: self.clone(),
        })
    }

    /// Sends from the part whose turn it is: `send` answers how many bytes went. `None` if no part waits.
    pub(super) fn send<E>(&self, send: impl FnOnce(&Job) -> Result<usize, E>) -> Option<Result<usize, E>> {
        self.with(|queue| {
            let job = queue.waiting.front_mut()?;
            let sent = send(job);
            if let Ok(count) = sent {
                job.offset += count as u64;
                job.left = job.left.saturating_sub(count);
                if job.left == 0 {
                    queue.waiting.pop_front();
                }
            }
            Some(sent)
        })
    }

    /// Returns how many bytes were made into parts and will not be sent any more.
    pub(super) fn unsent(&self) -> u64 {
        self.with(|queue| queue.unsent)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Queue) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_known_by_its_address_and_bytes_of_the_same_content_are_not_taken_for_one() {
        let jobs = Jobs::default();
        let file = Arc::new(File::open("/dev/null").unwrap());
        let mut part = jobs.add(&file, 5, 10);
        assert!(is_file(part.chunk()));
        assert_eq!((part.remaining(), part.chunk().len()), (10, 10));
        part.advance(9);
        assert!(is_file(part.chunk()));
        assert!(!is_file(Piece::from(Bytes::from(vec![0; 10])).chunk()));
    }

    #[test]
    fn parts_leave_in_order_and_one_that_is_dropped_leaves_the_queue() {
        let jobs = Jobs::default();
        let file = Arc::new(File::open("/dev/null").unwrap());
        let (_first, second, _third) = (
            jobs.add(&file, 0, 10),
            jobs.add(&file, 10, 10),
            jobs.add(&file, 20, 10),
        );
        drop(second);
        assert_eq!(jobs.unsent(), 10);
        let mut seen = Vec::new();
        while let Some(sent) = jobs.send(|job| {
            seen.push((job.offset, job.left));
            Ok::<_, ()>(job.left.min(6))
        }) {
            sent.unwrap();
        }
        assert_eq!(seen, [(0, 10), (6, 4), (20, 10), (26, 4)]);
    }
}
