//! Heartbeats of a whole audience: thousands a second, one transaction for all that come within a moment.
//!
//! Each caller gets its own true outcome, the same as if it had come alone. The queue is bounded: beyond it a caller
//! is told at once to come back later, and its player does so with its next heartbeat.

mod outcome;
pub(super) mod queries;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::claims::{Claims, GRACE_SECS};
use streamgate_contract::time::UnixMillis;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use self::outcome::Outcome;
use self::queries::{Facts, Locks, Named};
use super::rules::{LapseRule, session_claims};
use crate::db::{Db, share_error};
use crate::error::ApiError;

/// Heartbeats that wait: two seconds of the rate that the product promises.
const QUEUE: usize = 20_000;
/// Heartbeats of one transaction, so that a crowd does not keep the database's writer from everybody else.
const BATCH: usize = 1_000;
/// How long the first heartbeat of a batch waits for others: at most 250 transactions a second. While one is written the
/// next gathers by itself; waiting longer only holds up whoever sends one heartbeat after the other.
const GATHER: Duration = Duration::from_millis(4);
/// Heartbeats of locked sessions that wait at a time, each with a connection of its own.
const STRAGGLERS: usize = 4;
/// How long such a heartbeat waits for its connection, as every request does.
const STRAGGLER_PATIENCE: Duration = Duration::from_secs(5);

/// Takes heartbeats and answers them in batches.
#[derive(Clone, Debug)]
pub(crate) struct Heartbeats {
    queue: mpsc::Sender<Beat>,
}

#[derive(Debug)]
struct Beat {
    claims: Claims,
    answer: oneshot::Sender<Result<(), Refusal>>,
}

/// Why a heartbeat did not count.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What its player is told.
    pub(crate) error: ApiError,
    /// The ticket that was refused, if there is one, and when, by the database's clock.
    pub(crate) ticket: Option<(String, UnixMillis)>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, ticket: None }
    }
}

impl Heartbeats {
    /// Starts answering; ends with the last clone of the returned value.
    pub(crate) fn start(db: Db, lapse_rule: LapseRule) -> Self {
        let (queue, beats) = mpsc::channel(QUEUE);
        let collector = Collector {
            db,
            lapse_rule,
            stragglers: Arc::new(Semaphore::new(STRAGGLERS)),
        };
        tokio::spawn(collector.run(beats));
        Self { queue }
    }

    /// Keeps the session of these claims alive, or says why it does not hold any more.
    pub(crate) async fn beat(&self, claims: Claims) -> Result<(), Refusal> {
        let (answer, outcome) = oneshot::channel();
        let queued = self.queue.try_send(Beat { claims, answer });
        queued.map_err(|_| ApiError::Overloaded)?;
        outcome
            .await
            .unwrap_or(Err(ApiError::Internal("a batch of heartbeats was lost").into()))
    }
}

#[derive(Clone, Debug)]
struct Collector {
    db: Db,
    lapse_rule: LapseRule,
    stragglers: Arc<Semaphore>,
}

impl Collector {
    async fn run(self, mut queue: mpsc::Receiver<Beat>) {
        loop {
            let mut batch = Vec::new();
            if queue.recv_many(&mut batch, BATCH).await == 0 {
                return;
            }
            if batch.len() < BATCH {
                sleep(GATHER).await;
            }
            while batch.len() < BATCH {
                let Ok(beat) = queue.try_recv() else { break };
                batch.push(beat);
            }
            self.answer(batch, Locks::Skip).await;
        }
    }

    /// Answers each heartbeat of the batch; one whose session is locked is tried again by itself, so that whoever
    /// holds a row delays its own viewer and nobody else.
    async fn answer(&self, batch: Vec<Beat>, locks: Locks) {
        let claims: Vec<_> = batch.iter().map(|beat| &beat.claims).collect();
        match self.outcomes(&claims, locks).await {
            Ok(outcomes) => {
                for (beat, outcome) in batch.into_iter().zip(outcomes) {
                    match outcome {
                        Outcome::Live => tell(beat, Ok(())),
                        Outcome::Refused(refusal) => tell(beat, Err(refusal)),
                        Outcome::Locked => self.try_alone(beat),
                    }
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for beat in batch {
                    tell(beat, Err(ApiError::Database(share_error(&error)).into()));
                }
            }
        }
    }

    fn try_alone(&self, beat: Beat) {
        let collector = self.clone();
        tokio::spawn(async move {
            let place = timeout(STRAGGLER_PATIENCE, collector.stragglers.acquire()).await;
            if let Ok(Ok(_place)) = place {
                Box::pin(collector.answer(vec![beat], Locks::Wait)).await;
            } else {
                tell(beat, Err(ApiError::Database(sqlx::Error::PoolTimedOut).into()));
            }
        });
    }

    /// Returns the outcome of each heartbeat, all as of one moment, after the changes are durable.
    async fn outcomes(&self, claims: &[&Claims], locks: Locks) -> Result<Vec<Outcome>, sqlx::Error> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let lapse_limit = self.lapse_rule.limit(now);
        let expires_after = now.plus_millis(-GRACE_SECS * 1_000);
        let named: Vec<Option<Named>> = claims
            .iter()
            .map(|claims| session_claims((*claims).clone(), now).map(|claims| Named::from(&claims)))
            .collect();
        let asked: Vec<&Named> = named.iter().flatten().collect();
        let beaten = queries::beat(&mut tx, &asked, locks, now, lapse_limit, expires_after).await?;
        let missed: Vec<&Named> = asked
            .into_iter()
            .filter(|named| !beaten.contains(*named))
            .collect();
        let facts: HashMap<Named, Facts> = queries::facts(&mut tx, &missed).await?;
        tx.commit().await?;
        Ok(named
            .iter()
            .map(|named| match named {
                None => Outcome::Refused(ApiError::InvalidToken.into()),
                Some(named) if beaten.contains(named) => Outcome::Live,
                Some(named) => outcome::of(facts.get(named), locks, now, lapse_limit),
            })
            .collect())
    }
}

fn tell(beat: Beat, outcome: Result<(), Refusal>) {
    // Nobody is there any more when the process is ending.
    drop(beat.answer.send(outcome));
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use streamgate_contract::claims::{Claims, ProbeClaims};
    use streamgate_contract::ids::EventId;
    use tokio::sync::mpsc;

    use super::Heartbeats;
    use crate::error::ApiError;

    #[tokio::test]
    async fn a_heartbeat_beyond_the_queue_is_told_to_come_back_and_those_before_it_stay() {
        let claims = Claims::Probe(ProbeClaims {
            event_id: EventId::parse("event").unwrap(),
            issued_at: 0,
            expires_at: 0,
        });
        let (queue, mut collected) = mpsc::channel(1);
        let heartbeats = Heartbeats { queue };
        let mut first = Box::pin(heartbeats.beat(claims.clone()));
        assert!(poll!(&mut first).is_pending());
        let refusal = heartbeats.beat(claims).await.unwrap_err();
        assert!(matches!(refusal.error, ApiError::Overloaded));
        let beat = collected.recv().await.unwrap();
        beat.answer.send(Ok(())).unwrap();
        first.await.unwrap();
    }
}
