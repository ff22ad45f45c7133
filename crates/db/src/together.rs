//! Writes that queue stand together in one transaction: one wait for the disk serves them all.
//!
//! A thousand machines that each hand over an entry would wait for a thousand syncs of the disk, one after the other. Here
//! whoever comes while a transaction is under way joins the next; nobody waits for company that has not come.
//!
//! INVARIANT: a work is answered after the commit that holds it, and never before. One that fails is undone alone
//! (`SAVEPOINT`); those beside it stand.
use crate::{Conn, Db, row::failed};
use socle_texts::{Fault, Result};
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Works that wait; who comes then waits to be let in.
const MAX_WAITING: usize = 4_096;
/// Works in one transaction.
const MAX_TOGETHER: usize = 256;
/// A transaction takes nobody in after this: the first in it does not wait for the last.
const OPEN: Duration = Duration::from_millis(25);
/// Where the disk takes longer to commit, a transaction stays open as long as the one before it took: half of the time
/// then goes into works. Never longer than this.
const OPEN_AT_MOST: Duration = Duration::from_millis(250);

/// What a work does with the connection.
pub type Doing<'c, T, E> = Pin<Box<dyn Future<Output = std::result::Result<T, E>> + Send + 'c>>;

/// Where writes queue.
#[derive(Clone)]
pub struct Together {
    queue: mpsc::Sender<Box<dyn Job>>,
    done: Arc<Done>,
}

#[derive(Default)]
struct Done {
    works: AtomicU64,
    commits: AtomicU64,
}

impl Together {
    /// Starts taking works. It ends when the last of its copies is gone.
    pub fn start(db: Db) -> Together {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let (waiting, done) = (Arc::new(Mutex::new(waiting)), Arc::new(Done::default()));
        let counted = done.clone();
        tokio::spawn(async move {
            // A work that panics takes those beside it along, and no others.
            while let Err(error) = tokio::spawn(carry_out(db.clone(), waiting.clone(), counted.clone())).await {
                tracing::error!(%error, "a write has panicked");
            }
        });
        Together { queue, done }
    }

    /// Does a work in a transaction, and answers once that is committed.
    ///
    /// # Errors
    /// The work's own; `db-failed` where the transaction could not be committed.
    pub async fn write<T, E, W>(&self, work: W) -> std::result::Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
        W: for<'c> FnOnce(&'c mut Conn) -> Doing<'c, T, E> + Send + 'static,
    {
        let lost = || Fault::new("db-failed").because("the write was not carried out").may_retry();
        let (tell, told) = oneshot::channel();
        let job = Box::new(One { work: Some(work), answer: None, tell });
        self.queue.send(job).await.map_err(|_| lost())?;
        told.await.map_err(|_| lost())?
    }

    /// How many works wait.
    pub fn waiting(&self) -> usize {
        MAX_WAITING - self.queue.capacity()
    }
    /// How many works were done, and in how many transactions.
    pub fn counts(&self) -> (u64, u64) {
        (self.done.works.load(Ordering::Relaxed), self.done.commits.load(Ordering::Relaxed))
    }
}

trait Job: Send {
    /// Does it; whether it shall stand.
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> Pin<Box<dyn Future<Output = bool> + Send + 'c>>;
    /// Answers, now that it is known what became of the transaction.
    fn settle(self: Box<Self>, kept: Result<()>);
}

struct One<T, E, W> {
    work: Option<W>,
    answer: Option<std::result::Result<T, E>>,
    tell: oneshot::Sender<std::result::Result<T, E>>,
}

impl<T, E, W> Job for One<T, E, W>
where
    T: Send,
    E: From<Fault> + Send,
    W: for<'c> FnOnce(&'c mut Conn) -> Doing<'c, T, E> + Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Conn) -> Pin<Box<dyn Future<Output = bool> + Send + 'c>> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return false };
            let answer = work(conn).await;
            let stands = answer.is_ok();
            self.answer = Some(answer);
            stands
        })
    }
    fn settle(self: Box<Self>, kept: Result<()>) {
        let answer = match (self.answer, kept) {
            (Some(Ok(_)) | None, Err(fault)) => Err(fault.into()),
            (Some(answer), _) => answer,
            (None, Ok(())) => Err(Fault::new("db-failed").because("the write was not carried out").may_retry().into()),
        };
        // Who has gone away meanwhile does not want to know.
        let _ = self.tell.send(answer);
    }
}

async fn carry_out(db: Db, waiting: Arc<Mutex<mpsc::Receiver<Box<dyn Job>>>>, done: Arc<Done>) {
    let mut waiting = waiting.lock().await;
    let mut open = OPEN;
    while let Some(first) = waiting.recv().await {
        let mut jobs = vec![first];
        let kept = transaction(&db, &mut waiting, &mut jobs, &mut open).await;
        done.works.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        done.commits.fetch_add(1, Ordering::Relaxed);
        jobs.into_iter().for_each(|job| job.settle(kept.clone()));
    }
}

async fn transaction(
    db: &Db,
    waiting: &mut mpsc::Receiver<Box<dyn Job>>,
    jobs: &mut Vec<Box<dyn Job>>,
    open: &mut Duration,
) -> Result<()> {
    let mut tx = db.write().await?;
    let begun = Instant::now();
    let mut next = 0;
    while let Some(job) = jobs.get_mut(next) {
        statement(&mut tx, "SAVEPOINT work").await?;
        if !job.run(&mut tx).await {
            statement(&mut tx, "ROLLBACK TO SAVEPOINT work").await?;
        }
        statement(&mut tx, "RELEASE SAVEPOINT work").await?;
        next += 1;
        if jobs.len() < MAX_TOGETHER
            && begun.elapsed() < *open
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
    }
    let begun = Instant::now();
    let kept = tx.commit().await;
    *open = begun.elapsed().clamp(OPEN, OPEN_AT_MOST);
    kept
}

async fn statement(conn: &mut Conn, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(conn).await.map(drop).map_err(failed)
}
