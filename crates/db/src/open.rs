//! Opening a database.
use crate::{Conn, audit, demand, migrate, row::failed, wide};
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use sqlx::{Any, AnyPool, Transaction, any::AnyPoolOptions, pool::PoolConnection};
use std::{
    ops::{Deref, DerefMut},
    path::Path,
    time::Duration,
};

const READERS: u32 = 4;
/// How a SQLite connection is set: what was committed is on the disk, other processes are waited for.
const SQLITE: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                      PRAGMA foreign_keys = ON";
const WAIT: Duration = Duration::from_secs(30);
/// PostgreSQL lets writers run beside each other; ours must not, in whichever process they are: each reads the end of a chain
/// (the audit trail, a machine's orders) and goes on from there. A lock that the transaction holds until its end lets them in
/// one by one, as SQLite's own does. Its key is "socle" in ASCII; such a lock is one database's, not one cluster's.
pub(crate) const POSTGRESQL: &str = "BEGIN; SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(495790025829)";

/// An open database.
#[derive(Clone)]
pub struct Db {
    writer: AnyPool,
    readers: AnyPool,
    begin: &'static str,
}

impl Db {
    /// Opens, or makes, a SQLite database, and brings its tables up to date.
    ///
    /// # Errors
    /// `db-unreachable`, `db-newer`, `db-migration-changed`.
    pub async fn file(path: &Path, now: Timestamp) -> Result<Db> {
        Self::url(&sqlite_url(path, "rwc"), now).await
    }

    /// Opens a database by its address: `sqlite://…` or `postgres://…`.
    pub async fn url(url: &str, now: Timestamp) -> Result<Db> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let db = Db {
            writer: pool(url, 1, sqlite).await?,
            readers: pool(url, READERS, sqlite).await?,
            // INVARIANT: a SQLite transaction takes its write lock at once, else it could fail in its middle.
            begin: if sqlite { "BEGIN IMMEDIATE" } else { POSTGRESQL },
        };
        migrate::run(&db, now).await?;
        let mut tx = db.write().await?;
        let pairs = wide::pairs(&mut tx).await?;
        wide::learn(&mut tx, pairs).await?;
        tx.commit().await?;
        Ok(db)
    }

    /// Whether it is SQLite: which texts of SQL differ.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.begin != POSTGRESQL
    }

    /// A connection to read from.
    pub async fn read(&self) -> Result<PoolConnection<Any>> {
        self.readers.acquire().await.map_err(failed)
    }

    /// A transaction: nothing of it stands before [`Write::commit`].
    pub async fn write(&self) -> Result<Write> {
        let tx = self.writer.begin_with(self.begin).await.map(Write).map_err(failed)?;
        demand::begun().await?;
        Ok(tx)
    }

    /// Waits for what is under way and closes.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction. Dropped without a commit, it never was.
pub struct Write(Transaction<'static, Any>);

impl Write {
    /// Makes it durable.
    pub async fn commit(mut self) -> Result<()> {
        audit::ending(&mut self.0).await?;
        // What is done beside the act comes before it or after it: the key is noted with the act.
        if !audit::is_unnoticed() {
            demand::ending(&mut self.0).await?;
        }
        self.0.commit().await.map_err(failed)
    }
}
impl Deref for Write {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

async fn pool(url: &str, connections: u32, sqlite: bool) -> Result<AnyPool> {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .after_connect(move |conn, _| {
            Box::pin(async move {
                match sqlite {
                    true => sqlx::raw_sql(SQLITE).execute(conn).await.map(drop),
                    false => Ok(()),
                }
            })
        })
        .connect(url)
        .await
        .map_err(|e| Fault::new("db-unreachable").with("database", shown(url)).because(e).may_retry())
}

/// The address without a password: neither before the host (which may hold an `@` itself) nor among the parameters.
pub(crate) fn shown(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_string(),
    }
}

/// The address of a SQLite file.
pub(crate) fn sqlite_url(path: &Path, mode: &str) -> String {
    let name: String = path.display().to_string().bytes().map(escaped).collect();
    format!("sqlite://{name}?mode={mode}")
}

fn escaped(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}
