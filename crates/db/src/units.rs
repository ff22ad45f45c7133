//! The organisation tree: a single root for now.
use crate::{
    Conn,
    row::{failed, ms},
};
use socle_domain::{Timestamp, UnitId};
use socle_texts::Result;

/// Makes the root unit where it is not there.
pub(crate) async fn ensure_root(conn: &mut Conn, root: UnitId, now: Timestamp) -> Result<()> {
    sqlx::query("INSERT INTO units (id, name, created_ms) VALUES ($1, 'root', $2) ON CONFLICT (id) DO NOTHING")
        .bind(root.to_string())
        .bind(ms(now))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}
