//! What the planners of queries know of how much there is.
use crate::{Db, row::failed};
use socle_texts::Result;

impl Db {
    /// Lets the database count what its tables and indexes hold. PostgreSQL does so by itself from time to time; SQLite
    /// only when it is told.
    pub async fn learn(&self) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("ANALYZE").execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await
    }
}
