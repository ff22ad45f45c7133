//! What the planners of queries know of how much there is.
use crate::{Db, row::failed};
use socle_texts::Result;

impl Db {
    /// Lets the database count what its tables and indexes hold, by a sample of each: a matter of a second at most.
    /// PostgreSQL also does so by itself from time to time; SQLite only when it is told.
    pub async fn learn(&self) -> Result<()> {
        if !self.is_sqlite() {
            // Beside those who write.
            let mut conn = self.read().await?;
            return sqlx::query("ANALYZE").execute(&mut *conn).await.map(drop).map_err(failed);
        }
        let mut tx = self.write().await?;
        for text in ["PRAGMA analysis_limit = 1000", "ANALYZE"] {
            sqlx::query(text).execute(&mut *tx).await.map_err(failed)?;
        }
        tx.commit().await
    }
}
