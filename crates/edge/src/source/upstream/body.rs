//! The body of an upstream's answer, piece by piece, whole or an error.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::UpstreamError;
use super::client::explain;
use super::slots::Slot;

/// What is still to come of a body. Dropping it ends the transfer.
#[derive(Debug)]
pub(crate) struct UpstreamBody {
    response: Response,
    declared: Option<u64>,
    received: u64,
    failed: Option<UpstreamError>,
    between_bytes: Duration,
    _slot: Slot,
}

impl UpstreamBody {
    pub(super) const fn new(
        response: Response,
        declared: Option<u64>,
        between_bytes: Duration,
        slot: Slot,
    ) -> Self {
        Self {
            response,
            declared,
            received: 0,
            failed: None,
            between_bytes,
            _slot: slot,
        }
    }

    /// Returns the next piece; `None` only when everything that was declared has come. An error comes again when
    /// asked again. May be dropped between polls without losing bytes.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let piece = self.piece().await;
        if let Err(error) = &piece {
            self.failed = Some(error.clone());
        }
        piece
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, UpstreamError> {
        let next = tokio::time::timeout(self.between_bytes, self.response.chunk()).await;
        let piece = next
            .map_err(|_| UpstreamError::TimedOut("go on"))?
            .map_err(|error| explain(&error))?;
        match (piece, self.declared) {
            (Some(piece), declared) => {
                self.received += piece.len() as u64;
                if declared.is_some_and(|declared| self.received > declared) {
                    return Err(UpstreamError::Broken("more bytes than declared".to_owned()));
                }
                Ok(Some(piece))
            }
            (None, Some(declared)) if self.received < declared => {
                Err(UpstreamError::Broken("fewer bytes than declared".to_owned()))
            }
            (None, _) => Ok(None),
        }
    }

    /// Reads all of it, `bytes_max` at most.
    pub(crate) async fn collect(mut self, bytes_max: usize) -> Result<Bytes, UpstreamError> {
        let too_large = || UpstreamError::Broken("larger than is read".to_owned());
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > bytes_max {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}
