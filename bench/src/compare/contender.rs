//! Who is measured.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

use crate::link::{Ask, Link};

/// A server.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// `host:port`
    pub(super) authority: String,
    /// The process whose time is counted.
    pub(super) pid: u32,
}

impl Contender {
    pub(super) fn address(&self) -> Result<SocketAddr> {
        self.authority.parse().context("an address")
    }
}

/// Makes sure that all answer with the same bytes, with a good token, and returns how many bytes that are.
pub(super) async fn agree(contenders: &[Contender], path: &str, token: &str) -> Result<u64> {
    let mut first: Option<(&str, bytes::Bytes)> = None;
    for contender in contenders {
        let mut link = Link::new(contender.authority.clone());
        // Twice: a cache answers differently when it has the object.
        for _ in 0..2 {
            let answer = link
                .ask(&Ask::get(path, token))
                .await
                .with_context(|| format!("{path} at {}", contender.name))?;
            ensure!(
                answer.status == 200,
                "{path} at {}: {}",
                contender.name,
                answer.status
            );
            let (name, expected) = first.get_or_insert_with(|| (contender.name, answer.body.clone()));
            ensure!(
                *expected == answer.body,
                "{path}: {} and {name} answer with different bytes",
                contender.name
            );
        }
    }
    Ok(first.map_or(0, |(_, body)| body.len() as u64))
}

/// Makes sure that a server refuses a token that was tampered with, so that it is known to check.
pub(super) async fn refuses(contender: &Contender, path: &str, token: &str) -> Result<()> {
    let mut forged = token.to_owned();
    let last = forged.pop().context("an empty token")?;
    // Of the last character only the upper bits count: `A` and `Q` differ in them.
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    let mut link = Link::new(contender.authority.clone());
    let answer = link.ask(&Ask::get(path, &forged)).await?;
    ensure!(
        answer.status == 403,
        "{} answers a forged token with {}",
        contender.name,
        answer.status
    );
    Ok(())
}
