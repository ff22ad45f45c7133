//! Somebody signs in at a machine.
use super::{
    codes, may, place, topmost,
    tries::{self, On},
};
use crate::{
    House,
    access::unauthenticated,
    refusal::{Answer, Refusal},
};
use axum::http::StatusCode;
use socle_db::{
    Conn, Scope,
    audit::{self, Trail},
    factors, machines,
    machines::{Machine, State},
    people, sealed, wizard,
    wizard::Session,
};
use socle_domain::{AccountId, Digest, UnitId};
use socle_texts::{Fault, Result};
use socle_trust::{chance, secret, totp};
use socle_wire::{
    agent::VERSION,
    wizard::{
        CODE_DIGITS, MAX_PERSON_CHARS, Proof, SECOND_FACTOR_DIGITS, SIGN_IN_CONTEXT, SignIn, SignedIn, sign_in_bytes,
    },
};
use std::{net::IpAddr, time::Duration};

/// How long a conversation lasts.
const LASTS: Duration = Duration::from_secs(1_800);

/// Somebody at a machine, as each request of his conversation finds him.
#[derive(Debug, Clone)]
pub(crate) struct AtMachine {
    /// The conversation.
    pub session: Session,
    /// The digest of its bearer.
    pub bearer: Digest,
    /// The machine.
    pub machine: Machine,
}

/// Whose conversation a bearer is.
///
/// # Errors
/// 401 where it is over, or where he lost meanwhile what it needs.
pub(crate) async fn at_machine(house: &House, bearer: Digest) -> Answer<AtMachine> {
    let mut conn = house.db.read().await?;
    let session = wizard::find(&mut conn, bearer, house.now()).await?.ok_or_else(unauthenticated)?;
    let machine = machines::by_id(&mut conn, Scope::ROOT, session.machine).await?;
    let machine = machine.filter(|m| m.state != State::Refused).ok_or_else(unauthenticated)?;
    if !may(&mut conn, session.person, session.unit).await? {
        return Err(unauthenticated());
    }
    Ok(AtMachine { session, bearer, machine })
}

/// Signs somebody in.
///
/// # Errors
/// 403 `server-challenge-over`, `server-hello-wrong`: the machine proves nothing; `server-wizard-code-wrong`: the person
/// does not; 429 `server-wizard-tries`.
pub(crate) async fn sign_in(house: &House, from: Option<IpAddr>, wish: SignIn) -> Answer<SignedIn> {
    let now = house.now();
    if wish.version != VERSION {
        let fault = Fault::new("server-agent-version").with("version", wish.version).with("known", VERSION);
        return Err(Refusal::wrong(fault));
    }
    if !house.challenges.take(&wish.nonce, now) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-challenge-over").may_retry()));
    }
    let bytes = sign_in_bytes(&wish.nonce, &wish.key, &wish.proof);
    if !wish.key.verify(SIGN_IN_CONTEXT, &bytes, &wish.signature) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-hello-wrong").because("signature")));
    }
    let counted = counted(&wish, from);
    if let Some(seconds) = house.wizard.wait_seconds(&counted, now) {
        let fault = Fault::new("server-wizard-tries").with("minutes", seconds.div_ceil(60));
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, fault));
    }
    let salt = chance::bytes()?;
    let trail = Trail::new(now, salt, audit::NOBODY, "", UnitId::ROOT, "wizard-sign-in");
    // The one answer to whatever is wrong with a proof.
    trail.around(proven(house, &wish)).await?.ok_or_else(|| {
        house.wizard.failed(&counted, now);
        let machine = Digest::of(&wish.key.0).short();
        tracing::warn!(machine, by = wish.proof.word(), "a sign-in at a machine failed");
        Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-wizard-code-wrong"))
    })
}

/// On whom a failure of this proof is counted.
fn counted(wish: &SignIn, from: Option<IpAddr>) -> Vec<On> {
    let machine = On::Machine(Digest::of(&wish.key.0));
    match &wish.proof {
        Proof::Code { .. } => [machine, On::House].into_iter().chain(from.map(tries::place)).collect(),
        Proof::SecondFactor { name, .. } => {
            let name = Digest::of(name.trim().to_lowercase().as_bytes());
            vec![machine, On::Person(name), On::PersonInADay(name)]
        }
    }
}

/// Nothing where the proof is worth nothing; then nothing was changed.
async fn proven(house: &House, wish: &SignIn) -> Answer<Option<SignedIn>> {
    let now = house.now();
    let mut tx = house.db.write().await?;
    let machine = machines::by_key(&mut tx, Scope::ROOT, &wish.key).await?;
    let Some(machine) = machine.filter(|m| m.state != State::Refused) else { return Ok(None) };
    let found = match &wish.proof {
        Proof::Code { code } => by_code(house, &mut tx, code, &machine).await?,
        Proof::SecondFactor { name, code } => by_second_factor(house, &mut tx, name, code).await?,
    };
    let Some((person, unit)) = found else { return Ok(None) };
    let Some(account) = people::by_account(&mut tx, person).await? else { return Ok(None) };
    if !may(&mut tx, person, unit).await? {
        return Ok(None);
    }
    // A machine that is known is his only where it is within his reach.
    let scope = Scope::of(unit);
    if machine.state == State::Known && !scope.holds(&mut tx, machine.unit).await? {
        return Ok(None);
    }
    let bearer = secret::new_token()?;
    let salt: [u8; 16] = chance::bytes()?;
    let who = Digest::of(&[&salt[..], person.to_string().as_bytes()].concat());
    let session = Session {
        unit,
        machine: machine.id,
        person,
        who,
        how: wish.proof.word().into(),
        began: now,
        expires: now + LASTS,
        finished: None,
    };
    wizard::open(&mut tx, scope, secret::digest(&bearer), &session).await?;
    let rooms = place::rooms(&mut tx, scope).await?;
    audit::who(person, &account.name, unit);
    audit::about("machine", &machine.id.to_string(), unit);
    tx.commit().await?;
    Ok(Some(SignedIn {
        session: bearer,
        seconds: LASTS.as_secs() as u32,
        target: machine.id,
        who,
        now,
        unit: (machine.state == State::Known).then_some(machine.unit),
        name: machine.name,
        rooms,
    }))
}

async fn by_code(house: &House, conn: &mut Conn, code: &str, machine: &Machine) -> Result<Option<(AccountId, UnitId)>> {
    if code.len() != CODE_DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let used = wizard::use_code(conn, codes::digest(house, code), machine.id, house.now()).await?;
    Ok(used.map(|code| (code.person, code.unit)))
}

/// The six digits of somebody's telephone. Each moment's digits serve once, here as in the console.
async fn by_second_factor(
    house: &House,
    conn: &mut Conn,
    name: &str,
    code: &str,
) -> Answer<Option<(AccountId, UnitId)>> {
    let fits = code.len() == SECOND_FACTOR_DIGITS && name.chars().count() <= MAX_PERSON_CHARS;
    let Some(account) = people::by_name(conn, name.trim()).await?.filter(|_| fits) else { return Ok(None) };
    for factor in factors::of(conn, account.id).await? {
        if factor.kind != factors::Kind::Totp {
            continue;
        }
        let (kind, owner, field) = (factors::SEALED, factor.id.to_string(), "secret");
        let Some(value) = sealed::get(conn, kind, &owner, field).await? else { continue };
        let place = socle_trust::vault::Place { kind, owner: &owner, field };
        let secret = house.vault.open(place, &value)?;
        if let Some(step) = totp::check(secret.bytes(), code, house.now())?
            && factors::take_step(conn, factor.id, step, house.now()).await?
        {
            let person = AccountId(account.id);
            return Ok(topmost(conn, person).await?.map(|unit| (person, unit)));
        }
    }
    Ok(None)
}
