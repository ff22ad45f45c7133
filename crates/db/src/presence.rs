//! What the server knows of who is there, as far as it is kept: when machines last spoke, and which of them have work.
//!
//! These are the server's own loops: they speak of machines that have proved who they are, whatever their unit.
use crate::{
    Conn,
    row::{Read, failed, ms},
};
use socle_domain::{TargetId, Timestamp};
use socle_texts::Result;
use sqlx::AssertSqlSafe;

/// How many rows one statement speaks of. Three texts only, so that each is prepared once: what is left over in the last
/// is filled with its own last row.
const SIZES: [usize; 3] = [1, 16, 256];

/// Notes when machines last spoke. A moment before the one that is known changes nothing.
pub async fn spoke(conn: &mut Conn, machines: &[(TargetId, Timestamp)]) -> Result<()> {
    let mut sorted = machines.to_vec();
    // Neighbours stand on one page of the table.
    sorted.sort();
    for some in sorted.chunks(SIZES[2]) {
        let Some(last) = some.last() else { continue };
        let size = SIZES.into_iter().find(|size| *size >= some.len()).unwrap_or(SIZES[2]);
        let rows: Vec<String> =
            (0..size).map(|n| format!("(${}, CAST(${} AS BIGINT))", n * 2 + 1, n * 2 + 2)).collect();
        let text = format!(
            "WITH heard (id, at_ms) AS (VALUES {}) UPDATE machines SET last_seen_ms = heard.at_ms FROM heard \
             WHERE machines.id = heard.id AND machines.last_seen_ms < heard.at_ms",
            rows.join(", ")
        );
        let filled = some.iter().chain(std::iter::repeat_n(last, size - some.len()));
        let query =
            filled.fold(sqlx::query(AssertSqlSafe(text)), |query, (id, at)| query.bind(id.to_string()).bind(ms(*at)));
        query.execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}

/// The targets that have a run open.
pub async fn with_open_runs(conn: &mut Conn) -> Result<Vec<TargetId>> {
    let rows =
        sqlx::query("SELECT DISTINCT target FROM runs WHERE is_over = 0").fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| row.parsed("target")).collect()
}
