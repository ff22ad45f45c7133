//! The audit trail's signed heads, and its export.
//!
//! The server signs from time to time where the chain stands, after checking that it still follows from what it signed
//! before. The last such head stands in the data folder too, outside the database: who rewrites the database alone is
//! found out by the next check, whatever he recomputes.
use crate::{
    House,
    data::{read_json, to_json, write},
};
use socle_db::{Conn, Scope, audit};
use socle_domain::{
    audit::{AuditFile, AuditHead, Chain, MAX_ENTRIES},
    sign::{Signed, Signer},
};
use socle_texts::{Fault, Result};
use std::path::PathBuf;

const MAX_HEADS: u32 = 5_000;

fn place(house: &House) -> PathBuf {
    house.data.folder().join("audit-head.json")
}

/// Where the server last said that the chain stood: what the data folder holds, checked with the server's own key.
fn last(house: &House) -> Result<Chain> {
    let path = place(house);
    if !path.exists() {
        return Ok(Chain::START);
    }
    let signed: Signed<AuditHead> = read_json(&path)?;
    Ok(signed.open(&house.keys.server.public())?.chain())
}

/// Checks what was added since the last signed head, and signs where the chain stands now. None: it has no entry yet.
///
/// # Errors
/// `domain-audit-broken` where the kept chain does not follow from the last signed head: nothing is signed then.
pub(crate) async fn checkpoint(house: &House) -> Result<Option<Signed<AuditHead>>> {
    let _turn = house.signing_audit.lock().await;
    let from = last(house)?;
    let mut conn = house.db.read().await?;
    let end = audit::check(&mut conn, from).await?;
    if end.number == 0 {
        return Ok(None);
    }
    if end == from
        && let Some(signed) = audit::head_at(&mut conn, end.number).await?
        && signed.open(&house.keys.server.public())?.chain() == end
    {
        return Ok(Some(signed));
    }
    drop(conn);
    let head = AuditHead { number: end.number, head: end.head, at: house.now() };
    let signed = Signed::new(&head, &house.keys.server);
    let keep = async {
        let mut tx = house.db.write().await?;
        audit::keep_head(&mut tx, head.number, &signed).await?;
        tx.commit().await
    };
    audit::unnoticed(keep).await?;
    write(&place(house), &to_json(&signed)?)?;
    Ok(Some(signed))
}

/// The entries behind a signed head (0: from the beginning), as many as a file holds; what is not in the scope is
/// hidden. Its end is signed.
///
/// # Errors
/// Those of [`checkpoint`]; `server-audit-no-head` where `after` is no signed head, or nothing was done yet.
pub(crate) async fn export(house: &House, scope: Scope, after: u64) -> Result<AuditFile> {
    let none = || Fault::new("server-audit-no-head").with("number", after);
    let end = checkpoint(house).await?.ok_or_else(none)?;
    let server = house.keys.server.public();
    let mut conn = house.db.read().await?;
    let since = match after {
        0 => None,
        number => {
            let head = audit::head_at(&mut conn, number).await?.ok_or_else(none)?;
            let opened = head.open(&server)?;
            Some(head).filter(|_| opened.number == number).map(Some).ok_or_else(none)?
        }
    };
    let end_number = end.open(&server)?.number;
    let end = fitting(&mut conn, after, end_number, end, &server).await?;
    let last = end.open(&server)?.number;
    let lines = audit::lines(&mut conn, scope, after, (last - after.min(last)) as u32).await?;
    let mut heads = audit::heads(&mut conn, after, last, MAX_HEADS).await?;
    heads.retain(|head| head.open(&server).is_ok_and(|h| h.number < last));
    heads.push(end);
    Ok(AuditFile::new(house.keys.delegation.clone(), since, lines, heads))
}

/// The end itself, or the last signed head up to which everything fits into one file.
async fn fitting(
    conn: &mut Conn,
    after: u64,
    end_number: u64,
    end: Signed<AuditHead>,
    server: &socle_domain::sign::PublicKey,
) -> Result<Signed<AuditHead>> {
    if end_number.saturating_sub(after) <= MAX_ENTRIES as u64 {
        return Ok(end);
    }
    let limit = after + MAX_ENTRIES as u64;
    let none = || Fault::new("server-audit-no-head").with("number", limit);
    let head = audit::head_at(conn, limit).await?.ok_or_else(none)?;
    if head.open(server)?.number > after { Ok(head) } else { Err(none()) }
}
