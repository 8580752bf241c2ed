//! The one writer of an SQLite database: many callers, one sync.
//!
//! A sync to disk takes longer than everything else that a change needs, so changes that wait at the same moment
//! share one. The writer opens a transaction and hands its connection out in turn, in the order of asking; each
//! caller works inside a savepoint of its own. A caller that fails, panics or goes away loses its savepoint and
//! nothing else. When nobody waits any more, or the batch is full, the writer commits, and only then learns every
//! caller that its change is durable; if the commit fails, all of them learn that.
//!
//! A caller sees what earlier callers of its batch have changed before that is durable. It may build on it: both
//! become durable together or not at all. Readers have connections of their own and see committed changes only.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use super::share_error;

/// How long a caller waits for its turn before it is answered 503.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Callers that wait for a turn; more wait for a place, within the same patience.
const QUEUE: usize = 1_024;
/// Turns in one batch: beyond this a sync costs little per caller, and a failed commit would hit more of them.
const TURNS_PER_BATCH: usize = 256;
/// No turn begins later than this after the first: the first caller of a batch waits for all of them.
const BATCH_TIME: Duration = Duration::from_millis(20);

const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT turn";
/// Keeps the last caller's changes within the batch and gives the next caller a savepoint of its own. RELEASE comes
/// first and fails if SQLite has rolled the whole transaction back by itself, as it does when the disk is full.
const KEEP: &str = "RELEASE turn; SAVEPOINT turn";
/// Undoes the last caller's changes; the savepoint stays, for the next caller.
const UNDO: &str = "ROLLBACK TO turn";

/// What tells a caller of the batch's end.
type Done = oneshot::Sender<Result<(), sqlx::Error>>;

enum Request {
    Turn(oneshot::Sender<Result<Turn, sqlx::Error>>),
    Close(oneshot::Sender<()>),
}

/// Asks for turns.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    requests: mpsc::Sender<Request>,
}

impl Writer {
    /// Starts the writer on a connection; `options` open another one should this one break.
    pub(super) fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        let task = Task {
            queue,
            connection: Arc::new(Mutex::new(connection)),
            options,
        };
        tokio::spawn(task.run());
        Self { requests }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<Turn, sqlx::Error> {
        let (give, turn) = oneshot::channel();
        let asked = async {
            let sent = self.requests.send(Request::Turn(give)).await;
            sent.map_err(|_| sqlx::Error::PoolClosed)?;
            turn.await.unwrap_or(Err(sqlx::Error::PoolClosed))
        };
        timeout(PATIENCE, asked)
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Closes the connection after all turns that were asked for before.
    pub(super) async fn close(&self) {
        let (closed, wait) = oneshot::channel();
        if self.requests.send(Request::Close(closed)).await.is_ok() {
            // An error says that the writer has ended, which is what was asked for.
            let _ended = wait.await;
        }
    }
}

/// A caller's turn on the writer's connection. Dropped without [`Turn::commit`], its changes are undone.
#[derive(Debug)]
pub(super) struct Turn {
    connection: OwnedMutexGuard<SqliteConnection>,
    finished: oneshot::Sender<Done>,
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Ends the turn and waits until its changes are durable.
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        let Self { connection, finished } = self;
        let (done, outcome) = oneshot::channel();
        drop(connection);
        finished.send(done).map_err(|_| sqlx::Error::WorkerCrashed)?;
        outcome.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

struct Task {
    queue: mpsc::Receiver<Request>,
    connection: Arc<Mutex<SqliteConnection>>,
    options: SqliteConnectOptions,
}

impl Task {
    async fn run(mut self) {
        let mut next = self.queue.recv().await;
        while let Some(request) = next {
            next = match request {
                Request::Turn(caller) => self.batch(caller).await,
                Request::Close(closed) => {
                    self.queue.close();
                    self.close().await;
                    // Nobody listens when the process is ending anyway.
                    let _unheard = closed.send(());
                    return;
                }
            };
            if next.is_none() {
                next = self.queue.recv().await;
            }
        }
        self.close().await;
    }

    /// Gives turns until nobody waits or the batch is full, and commits. Returns a request that it took from the
    /// queue and did not serve.
    async fn batch(&mut self, first: oneshot::Sender<Result<Turn, sqlx::Error>>) -> Option<Request> {
        if let Err(error) = self.execute(BEGIN).await {
            self.abandon().await;
            let _gone = first.send(Err(error));
            return None;
        }
        let end = Instant::now() + BATCH_TIME;
        let mut kept = Vec::new();
        let mut caller = first;
        let mut turns = 0;
        loop {
            let done = self.give_turn(caller).await;
            turns += 1;
            let sql = if done.is_some() { KEEP } else { UNDO };
            kept.extend(done);
            let full = turns >= TURNS_PER_BATCH || Instant::now() >= end;
            let request = if full { None } else { self.queue.try_recv().ok() };
            let Some(Request::Turn(next)) = request else {
                self.finish(sql, kept).await;
                return request;
            };
            if let Err(error) = self.execute(sql).await {
                self.abandon().await;
                tell(kept, Err(error));
                return Some(Request::Turn(next));
            }
            caller = next;
        }
    }

    /// Lends the connection to a caller; returns whom to tell of the commit if the caller wants one.
    async fn give_turn(&self, caller: oneshot::Sender<Result<Turn, sqlx::Error>>) -> Option<Done> {
        let (finished, outcome) = oneshot::channel();
        let connection = Arc::clone(&self.connection).lock_owned().await;
        // A caller that has gone meanwhile gives its turn back, and it ends unused.
        drop(caller.send(Ok(Turn { connection, finished })));
        outcome.await.ok()
    }

    /// Ends the batch after its last turn, which `last` keeps or undoes.
    async fn finish(&self, last: &'static str, kept: Vec<Done>) {
        // A commit keeps the open savepoint too, so that the last caller needs no statement of its own.
        let sql = match (kept.is_empty(), last == UNDO) {
            (true, _) => "ROLLBACK",
            (false, true) => "ROLLBACK TO turn; COMMIT",
            (false, false) => "COMMIT",
        };
        let outcome = self.execute(sql).await;
        if outcome.is_err() {
            self.abandon().await;
        }
        tell(kept, outcome);
    }

    async fn execute(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        self.connection.lock().await.execute(sql).await.map(|_| ())
    }

    /// Leaves a transaction that has failed; a connection that cannot even do that is replaced.
    async fn abandon(&self) {
        if self.execute("ROLLBACK").await.is_ok() {
            return;
        }
        match self.options.connect().await {
            Ok(connection) => *self.connection.lock().await = connection,
            Err(error) => tracing::error!(%error, "the database cannot be opened again"),
        }
    }

    async fn close(self) {
        // Locked by nobody else: no turn is given any more.
        let Some(connection) = Arc::into_inner(self.connection) else {
            return;
        };
        if let Err(error) = connection.into_inner().close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}

/// Tells all callers of a batch how it ended.
fn tell(callers: Vec<Done>, outcome: Result<(), sqlx::Error>) {
    let failure = outcome.err().map(Arc::new);
    for caller in callers {
        let outcome = match &failure {
            None => Ok(()),
            Some(error) => Err(share_error(error)),
        };
        // A caller that has gone does not ask any more; its change is as durable as the others'.
        let _gone = caller.send(outcome);
    }
}
