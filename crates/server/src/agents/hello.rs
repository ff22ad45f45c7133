//! First words: a challenge, then who the machine is.
use crate::{
    House, boot_once,
    house::blocking,
    recognise,
    refusal::{Answer, Message, Refusal},
    tpm,
    tpm::{Shown, Verdict},
};
use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use socle_db::{
    Conn, Scope, machines,
    machines::{Machine, State as Recognised},
    runs, sessions, tpms,
    tpms::Tpm,
};
use socle_domain::{Digest, keys::TimeAnswer, recognise::Hints, sign::Signed};
use socle_texts::{Fault, Result};
use socle_trust::{chance, secret};
use socle_wire::{
    agent::{Challenge, HELLO_CONTEXT, Hello, Known, VERSION, Welcome, Where, hello_bytes},
    api::LiveEvent,
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// Machines that wait to be recognised, at most.
const MAX_WAITING: u64 = 5_000;
/// Of those, from one address: a room behind a router stays below, one liar does not fill the queue.
const MAX_WAITING_OF_ADDRESS: u64 = 500;
const SESSION: Duration = Duration::from_secs(24 * 3600);
const AGAIN_SECONDS: u32 = 3;
const MAX_HINT_BYTES: usize = 128;
const MAX_MACS: usize = 32;
pub(super) const MAX_FACTS_BYTES: usize = 128 << 10;
/// Facts of a machine that nobody knows: five thousand of them lie in the queue and on one page.
const MAX_STRANGERS_FACTS_BYTES: usize = 32 << 10;

/// `POST /agent/v1/challenge`
pub(crate) async fn challenge(State(house): State<Arc<House>>) -> Answer<Json<Challenge>> {
    let nonce = Digest(chance::bytes()?);
    match house.challenges.put(nonce, house.now()) {
        true => Ok(Json(Challenge { nonce })),
        false => Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Fault::new("server-too-many").may_retry())),
    }
}

/// `POST /agent/v1/hello`
pub(crate) async fn hello(
    State(house): State<Arc<House>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Message(hello): Message<Hello>,
) -> Answer<Json<Welcome>> {
    let (hello, facts_bytes) = check(&house, hello)?;
    if facts_bytes > MAX_FACTS_BYTES {
        return Err(Refusal::wrong(Fault::new("server-hello-wrong").because("facts too long")));
    }
    let (hello, shown) = {
        let house = house.clone();
        // The environment's files may have to be read again.
        let shown = blocking(move || tpm::shown(&house, &hello).map(|shown| (hello, shown))).await;
        shown.map_err(|fault| Refusal::new(StatusCode::FORBIDDEN, fault))?
    };
    let address = from.ip().to_canonical();
    let keeper = house.clone();
    let said = house.together.write(move |conn| {
        Box::pin(async move { first_words(&keeper, conn, hello, facts_bytes, address, shown).await })
    });
    // Its attestation key is new here: first it proves in which chip that lives.
    let Some((welcome, machine, was)) = said.await? else { return Ok(Json(Welcome::Attest {})) };
    // Its sessions before this one are over.
    house.presence.forget(machine.id);
    house.presence.spoke(machine.id, house.now());
    if was != machine.state {
        tracing::info!(machine = %machine.id, by = machine.by, "machine recognised");
    }
    house.live.tell_at(machine.unit, LiveEvent::Machine { id: machine.id });
    Ok(Json(welcome))
}

/// What it is told, the machine as it is now, and whether it was recognised before; nothing where it shall first prove in
/// which chip its attestation key lives.
async fn first_words(
    house: &House,
    conn: &mut Conn,
    hello: Hello,
    facts_bytes: usize,
    address: IpAddr,
    shown: Option<Shown>,
) -> Answer<Option<(Welcome, Machine, Recognised)>> {
    let scope = Scope::ROOT;
    let there = machines::by_key(conn, scope, &hello.key).await?;
    let tpm = match tpm::judge(house, conn, there.as_ref(), shown.as_ref()).await? {
        Verdict::Goes(tpm) => tpm,
        Verdict::Attest => return Ok(None),
    };
    let mut machine = match there {
        Some(mut machine) => {
            recognise::queue(house, conn, &mut machine, address).await?;
            machine
        }
        None => newcomer(house, conn, scope, &hello, address).await?,
    };
    if machine.state != Recognised::Known && facts_bytes > MAX_STRANGERS_FACTS_BYTES {
        return Err(Refusal::wrong(Fault::new("server-hello-wrong").because("facts too long")));
    }
    if let Some(tpm) = &tpm
        && tpms::of(conn, machine.id).await?.is_none()
    {
        tpms::bind(conn, machine.id, tpm).await?;
    }
    let was = machine.clone();
    machine.hints = hello.hints;
    machine.facts = hello.facts;
    tpm::put_facts(&mut machine.facts, &was.facts, tpm.as_ref(), shown.as_ref(), hello.place, house.makers.short());
    machine.address = Some(address.to_string());
    machine.place = match hello.place {
        Where::Boot => "boot".into(),
        Where::Installed => "installed".into(),
    };
    if machine != was {
        machine.last_seen = house.now();
        machines::seen(conn, scope, &machine).await?;
    }
    let was = was.state;
    if machine.state == Recognised::ToRecognise
        && tpm::may_be_recognised_by_itself(house, &machine.facts)
        && !is_another_again(conn, tpm.as_ref()).await?
    {
        recognise::by_itself(house, conn, scope, &mut machine).await?;
    }
    if machine.state == Recognised::Known {
        boot_once::heard(house, conn, &machine, hello.place).await?;
    }
    let welcome = match machine.state {
        Recognised::ToRecognise => Welcome::Unknown { code: machine.code.clone(), again_seconds: AGAIN_SECONDS },
        Recognised::Refused => Welcome::Refused {},
        Recognised::Known => Welcome::Known(Box::new(known(house, conn, &machine, hello.nonce).await?)),
    };
    Ok(Some((welcome, machine, was)))
}

/// Whether a machine that nobody knows has the chip of one that is known: a rule can't say whether it is that one again.
async fn is_another_again(conn: &mut Conn, tpm: Option<&Tpm>) -> Result<bool> {
    match tpm {
        Some(tpm) => Ok(!tpms::known_with(conn, tpm.ek).await?.is_empty()),
        None => Ok(false),
    }
}

/// Whether the sender holds the key that it shows, and says nothing out of measure.
fn check(house: &House, mut hello: Hello) -> Answer<(Hello, usize)> {
    let wrong = |why: &str| Refusal::wrong(Fault::new("server-hello-wrong").because(why));
    if hello.version != VERSION {
        return Err(Refusal::wrong(
            Fault::new("server-agent-version").with("version", hello.version).with("known", VERSION),
        ));
    }
    if !house.challenges.take(&hello.nonce, house.now()) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-challenge-over").may_retry()));
    }
    if !hello.key.verify(HELLO_CONTEXT, &hello_bytes(&hello.nonce, &hello.key), &hello.signature) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-hello-wrong").because("signature")));
    }
    if !is_in_measure(&hello.hints) {
        return Err(wrong("hints too long"));
    }
    hello.hints.macs.iter_mut().for_each(|m| m.make_ascii_lowercase());
    // Nothing that stands here before the server itself has put it there.
    tpm::forget_claims(&mut hello.facts);
    let facts_bytes = serde_json::to_vec(&hello.facts).map_or(usize::MAX, |b| b.len());
    Ok((hello, facts_bytes))
}

pub(super) fn is_in_measure(hints: &Hints) -> bool {
    let Hints { macs, serial, uuid, vendor, product } = hints;
    let mut texts = macs.iter().chain([serial, uuid, vendor, product].into_iter().flatten());
    macs.len() <= MAX_MACS && texts.all(|t| t.len() <= MAX_HINT_BYTES)
}

async fn newcomer(house: &House, conn: &mut Conn, scope: Scope, hello: &Hello, address: IpAddr) -> Answer<Machine> {
    let (all, from_there) = machines::waiting(conn, scope, &address.to_string()).await?;
    if all >= MAX_WAITING || from_there >= MAX_WAITING_OF_ADDRESS {
        return Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Fault::new("server-queue-full").with("limit", MAX_WAITING).may_retry(),
        ));
    }
    let now = house.now();
    let machine = Machine {
        id: chance::target_id(now)?,
        unit: recognise::queue_at(conn, address).await?,
        key: hello.key,
        name: None,
        state: Recognised::ToRecognise,
        since: now,
        by: None,
        enrolment: None,
        code: secret::code(&hello.key),
        hints: hello.hints.clone(),
        facts: hello.facts.clone(),
        last_seen: now,
        address: Some(address.to_string()),
        place: "boot".into(),
    };
    machines::add(conn, scope, &machine).await?;
    crate::webhooks::about_machine(house, conn, "machine.appeared", &machine).await?;
    Ok(machine)
}

async fn known(house: &House, conn: &mut Conn, machine: &Machine, nonce: Digest) -> Result<Known> {
    let (scope, now) = (Scope::of(machine.unit), house.now());
    let bearer = secret::new_token()?;
    let subject = machine.id.to_string();
    let kind = sessions::Kind::Machine;
    // Those of the unit that it may have left since, too.
    sessions::close_of(conn, Scope::ROOT, kind, &subject).await?;
    sessions::open(conn, scope, kind, secret::digest(&bearer), &subject, now, now + SESSION).await?;
    let enrolment =
        machine.enrolment.clone().ok_or_else(|| crate::views::broken("a known machine has no enrolment"))?;
    let run = runs::open_of(conn, Scope::ROOT, machine.id).await?.map(|r| r.id);
    Ok(Known {
        target: machine.id,
        name: machine.name.clone().unwrap_or_default(),
        session: bearer,
        delegation: house.keys.delegation.clone(),
        enrolment,
        time: Signed::new(&TimeAnswer { nonce, now }, &house.keys.server),
        run,
    })
}
