//! What ties machines to their security chips, and the keys that they had before.
//!
//! The caller has found the machine within its scope: what hangs on it belongs to its unit.
use crate::{
    Conn,
    machines::Machine,
    row::{Read, failed, json, ms},
};
use socle_domain::{
    Digest, TargetId, Timestamp,
    keys::Enrolment,
    sign::{PublicKey, Signed},
};
use socle_texts::{Fault, Result};

/// What a machine is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tpm {
    /// The SHA-256 of the endorsement key's public area: what the chip is known by.
    pub ek: Digest,
    /// The attestation key's public area, in hexadecimal.
    pub ak: String,
    /// Since when.
    pub since: Timestamp,
}

/// The chip that a machine is bound to.
pub async fn of(conn: &mut Conn, machine: TargetId) -> Result<Option<Tpm>> {
    let row = sqlx::query("SELECT ek, ak, since_ms FROM machine_tpms WHERE machine = $1")
        .bind(machine.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| Ok(Tpm { ek: row.parsed("ek")?, ak: row.text("ak")?, since: row.moment("since_ms")? })).transpose()
}

/// Binds a machine to the chip that it has shown. It must not be bound yet.
pub async fn bind(conn: &mut Conn, machine: TargetId, tpm: &Tpm) -> Result<()> {
    sqlx::query("INSERT INTO machine_tpms (machine, ek, ak, since_ms) VALUES ($1, $2, $3, $4)")
        .bind(machine.to_string())
        .bind(tpm.ek.to_string())
        .bind(tpm.ak.clone())
        .bind(ms(tpm.since))
        .execute(conn)
        .await
        .map(drop)
        .map_err(failed)
}

/// The known machines that are bound to a chip, wherever they are: more than one only where somebody wished it so.
pub async fn known_with(conn: &mut Conn, ek: Digest) -> Result<Vec<TargetId>> {
    let text = "SELECT machines.id FROM machine_tpms JOIN machines ON machines.id = machine_tpms.machine \
                WHERE machine_tpms.ek = $1 AND machines.state = 'known' ORDER BY machines.id LIMIT 100";
    let rows = sqlx::query(text).bind(ek.to_string()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// A known machine goes on with the key and the chip under which it waits as a stranger: its board was replaced, or its chip
/// cleared. Its record stays, and its settings; who it was before stays known, for the proofs of its runs; the stranger is
/// no more: links that say who uses it speak of the known machine from now on, what else was noted of it goes.
///
/// # Errors
/// `db-machine-unknown` where one of them is not what it was any more.
pub async fn succeed(
    conn: &mut Conn,
    known: &Machine,
    stranger: &Machine,
    enrolment: &Signed<Enrolment>,
    now: Timestamp,
) -> Result<()> {
    let (before, after) = (known.id.to_string(), stranger.id.to_string());
    if let Some(former) = &known.enrolment {
        sqlx::query("INSERT INTO former_keys (machine, machine_key, enrolment, until_ms) VALUES ($1, $2, $3, $4)")
            .bind(before.clone())
            .bind(known.key.to_string())
            .bind(json(former)?)
            .bind(ms(now))
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    let tpm = of(conn, stranger.id).await?;
    for text in [
        "DELETE FROM hints WHERE machine = $1",
        "DELETE FROM facts WHERE machine = $1",
        "DELETE FROM machine_units WHERE machine = $1",
        "DELETE FROM search_words WHERE id = $1",
        "DELETE FROM machine_tpms WHERE machine = $1",
        "DELETE FROM seats WHERE machine = $1",
        "DELETE FROM machine_settings WHERE machine = $1",
        "DELETE FROM boot_once WHERE machine = $1",
    ] {
        sqlx::query(text).bind(after.clone()).execute(&mut *conn).await.map_err(failed)?;
    }
    for text in [
        "UPDATE links SET machine = $2 WHERE machine = $1",
        "UPDATE announced SET used_by = $2 WHERE used_by = $1",
        "UPDATE former_keys SET machine = $2 WHERE machine = $1",
    ] {
        let query = sqlx::query(text).bind(after.clone()).bind(before.clone());
        query.execute(&mut *conn).await.map_err(failed)?;
    }
    let text = "DELETE FROM machines WHERE id = $1 AND state = 'to-recognise'";
    let gone = sqlx::query(text).bind(after).execute(&mut *conn).await;
    let text = "UPDATE machines SET machine_key = $2, code = $3, enrolment = $4, since_ms = $5 \
                WHERE id = $1 AND state = 'known'";
    let done = sqlx::query(text)
        .bind(before.clone())
        .bind(stranger.key.to_string())
        .bind(stranger.code.clone())
        .bind(json(enrolment)?)
        .bind(ms(now))
        .execute(&mut *conn)
        .await;
    if gone.map_err(failed)?.rows_affected() != 1 || done.map_err(failed)?.rows_affected() != 1 {
        return Err(Fault::new("db-machine-unknown").with("machine", before));
    }
    sqlx::query("DELETE FROM machine_tpms WHERE machine = $1")
        .bind(before)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    match tpm {
        Some(tpm) => bind(conn, known.id, &tpm).await,
        None => Ok(()),
    }
}

/// The server's word for a machine when it had that key.
pub async fn former(conn: &mut Conn, machine: TargetId, key: &PublicKey) -> Result<Option<Signed<Enrolment>>> {
    let row = sqlx::query("SELECT enrolment FROM former_keys WHERE machine = $1 AND machine_key = $2")
        .bind(machine.to_string())
        .bind(key.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| row.tree("enrolment")).transpose()
}
