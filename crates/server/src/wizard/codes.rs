//! Codes that open the wizard at a machine: eight digits, for one machine, for a short time, for one unit.
use super::RIGHTS;
use crate::{
    House,
    access::Person,
    refusal::{Answer, Refusal},
};
use axum::http::StatusCode;
use socle_db::{Scope, audit, wizard, wizard::Code};
use socle_domain::{Digest, UnitId};
use socle_texts::{Fault, Result};
use socle_trust::chance;
use socle_wire::wizard::{CODE_DIGITS, CodeView, MAX_CODES_AT_ONCE, MadeCodes, MakeCodes};
use std::time::Duration;

/// Codes that open something at one moment, at most: with a thousand of them, one guess in a hundred thousand is right.
const MAX_LIVE: u64 = 1_000;
/// Of those, of one person.
const MAX_OF_ONE: usize = 80;
const MAX_MINUTES: u32 = 240;
/// Two codes alike are one chance in a hundred thousand; somebody who meets it three times has met something else.
const TRIES: usize = 3;

/// What is kept of a code: its digest under a key that lies outside the database, because eight digits alone are tried
/// out in a second.
pub(crate) fn digest(house: &House, code: &str) -> Digest {
    let key = blake3::derive_key("socle 2026 codes of the wizard", &house.keys.server.seed());
    Digest(*blake3::keyed_hash(&key, code.as_bytes()).as_bytes())
}

/// Eight digits, each as likely as any other.
fn new_code() -> Result<String> {
    // 2^64 is 10^8 many times over: what is left over weighs less than one part in 10^11.
    let number = u64::from_le_bytes(chance::bytes()?) % 10u64.pow(CODE_DIGITS as u32);
    Ok(format!("{number:0width$}", width = CODE_DIGITS))
}

/// Makes codes for a unit.
///
/// # Errors
/// 403 or 404 where he lacks a right there; `server-codes-wrong`; `server-codes-many`.
pub(crate) async fn make(house: &House, person: &Person, wish: MakeCodes) -> Answer<MadeCodes> {
    if !(1..=MAX_CODES_AT_ONCE).contains(&wish.count) || !(1..=MAX_MINUTES).contains(&wish.minutes) {
        let limits = Fault::new("server-codes-wrong").with("most", MAX_CODES_AT_ONCE).with("minutes", MAX_MINUTES);
        return Err(Refusal::wrong(limits));
    }
    let unit: UnitId = wish.unit.unwrap_or(person.scope.unit());
    let now = house.now();
    let expires = now + Duration::from_secs(u64::from(wish.minutes) * 60);
    let mut tx = house.db.write().await?;
    for right in RIGHTS {
        person.must(&mut tx, right, unit).await?;
    }
    let own = wizard::codes_of(&mut tx, person.id, now).await?.len();
    let all = wizard::live_codes(&mut tx, now).await?;
    if own + wish.count as usize > MAX_OF_ONE || all + u64::from(wish.count) > MAX_LIVE {
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, Fault::new("server-codes-many")));
    }
    let kept = Code { unit, person: person.id, made: now, expires };
    let mut codes = Vec::new();
    while codes.len() < wish.count as usize {
        codes.push(add(house, &mut tx, &kept).await?);
    }
    audit::about("unit", &unit.to_string(), unit);
    let made = MadeCodes { codes, unit, expires };
    // They are told once: also where the server is killed before they were.
    crate::idempotency::will_answer(house, StatusCode::OK, &made)?;
    tx.commit().await?;
    Ok(made)
}

async fn add(house: &House, conn: &mut socle_db::Conn, kept: &Code) -> Answer<String> {
    for _ in 0..TRIES {
        let code = new_code()?;
        if wizard::add_code(conn, Scope::of(kept.unit), digest(house, &code), kept).await? {
            return Ok(code);
        }
    }
    Err(crate::views::broken("no code is free").into())
}

/// His codes that still open something.
pub(crate) async fn list(house: &House, person: &Person) -> Answer<Vec<CodeView>> {
    let codes = wizard::codes_of(&mut *house.db.read().await?, person.id, house.now()).await?;
    Ok(codes.into_iter().map(|c| CodeView { unit: c.unit, made: c.made, expires: c.expires }).collect())
}

/// Takes all of his codes back.
pub(crate) async fn drop_all(house: &House, person: &Person) -> Answer<()> {
    let mut tx = house.db.write().await?;
    wizard::drop_codes(&mut tx, person.id).await?;
    Ok(tx.commit().await?)
}
