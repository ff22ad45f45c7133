//! What a machine's security chip (TPM) proves: that it is the one it was.
//!
//! A machine that has shown a TPM once is *bound*: its record holds the digest of the endorsement key and the attestation
//! key, and from then on its own key alone opens nothing. A disk that is copied or stolen speaks with another chip or with
//! none, and is answered no differently from a stranger with a wrong key. What is bound to what is decided in `docs/decisions`,
//! number 14.
use crate::{House, refusal::Refusal};
use axum::http::StatusCode;
use socle_db::{Conn, machines::Machine, tpms, tpms::Tpm};
use socle_domain::{
    Digest, Timestamp,
    facts::Facts,
    start::{self, Standing},
};
use socle_texts::{Fault, Result};
use socle_tpm::{
    log,
    public::{AttestationKey, EndorsementKey, sha256},
    quote::{ASKED, Quote, Registers, read_signature},
    start::{self as measured, Known, Proved},
};
use socle_trust::{chance, credential, maker};
use socle_wire::{
    agent::{Hello, Where},
    tpm::{Blob, Credential, CredentialWish, Evidence, quoted_bytes},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Facts that only the server says, from what was proved.
const FACT_EK: &str = "tpm_ek";
const FACT_REGISTERS: &str = "tpm_pcr";
/// Whether a maker whom the centre believes vouches for the chip: `verified`, `unknown`, `none`.
const FACT_CERTIFIED: &str = "tpm_certified";
/// Who has signed the chip's certificate.
const FACT_ISSUER: &str = "tpm_issuer";
/// By which makers the two before were judged.
const FACT_MAKERS: &str = "tpm_makers";
const FACT_PROOF_DIGEST: &str = "boot_proof_digest";
const OURS: [&str; 7] =
    [FACT_EK, FACT_REGISTERS, FACT_CERTIFIED, FACT_ISSUER, FACT_MAKERS, start::PROOF, FACT_PROOF_DIGEST];
const VERIFIED: &str = "verified";
/// A TPM on a slow bus makes its keys anew in some seconds.
const CREDENTIAL_SECONDS: i64 = 120;
const MAX_CREDENTIALS: usize = 20_000;

/// Credentials that were given and not shown yet: by the digest of their secret.
#[derive(Default)]
pub(crate) struct Credentials(Mutex<HashMap<Digest, Given>>);

#[derive(Clone, Copy)]
struct Given {
    ek: Digest,
    ak: Digest,
    at: Timestamp,
}

impl Credentials {
    fn put(&self, secret: Digest, given: Given) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_CREDENTIALS {
            held.retain(|_, g| given.at.duration_since(g.at).as_secs() < CREDENTIAL_SECONDS);
        }
        held.len() < MAX_CREDENTIALS && held.insert(secret, given).is_none()
    }
    /// Uses one up; whether it was given for these two keys, in time.
    fn take(&self, secret: Digest, ek: Digest, ak: Digest, now: Timestamp) -> bool {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&secret);
        let in_time = |g: &Given| (0..CREDENTIAL_SECONDS).contains(&now.duration_since(g.at).as_secs());
        given.is_some_and(|g| (g.ek, g.ak) == (ek, ak) && in_time(&g))
    }
}

/// What a machine has shown, and what of it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The attestation key's public area, in hexadecimal.
    ak: String,
    /// The digest of the endorsement key that lives in the same chip, where that was proved now.
    ek: Option<Digest>,
    /// Who vouches for that key, where it was shown now.
    made: Option<Made>,
    registers: Registers,
    /// What its log proves of its start, where it has sent one.
    start: Option<Proof>,
}

/// Who vouches for a chip.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    word: &'static str,
    issuer: Option<String>,
}

/// What is found of a start: a word, and the digest that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proof {
    word: String,
    digest: Option<String>,
}

impl Proof {
    fn of(word: &str) -> Proof {
        Proof { word: word.into(), digest: None }
    }
    fn read(log: &[u8], registers: &Registers, known: &Known) -> Proof {
        let Ok(events) = log::read(log) else { return Proof::of("unreadable") };
        match measured::proves(&events, registers, known) {
            Ok(Proved::ByKey) => Proof::of(start::BY_KEY),
            Ok(Proved::ByImage) => Proof::of(start::BY_IMAGE),
            Err(why) => Proof { word: why.word().into(), digest: why.digest().map(|d| hex(d)) },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Something that only a TPM with these two keys opens.
///
/// # Errors
/// `tpm-key-wrong`; `server-too-many`.
pub(crate) fn credential(house: &House, wish: &CredentialWish) -> Result<Credential> {
    let (ek, ak) = (EndorsementKey::read(&wish.ek.0)?, AttestationKey::read(&wish.ak.0)?);
    let secret: [u8; 32] = chance::bytes()?;
    let made = credential::make(ek.modulus(), ak.name(), &secret)?;
    let given = Given { ek: Digest(ek.digest()), ak: Digest::of(&wish.ak.0), at: house.now() };
    if !house.credentials.put(Digest::of(&secret), given) {
        return Err(Fault::new("server-too-many").may_retry());
    }
    Ok(Credential { blob: Blob(made.blob), secret: Blob(made.secret) })
}

/// Reads what a hello shows, and believes what is proved. The hello's own signature has been checked.
///
/// # Errors
/// `tpm-unreadable`, `tpm-key-wrong`, `tpm-quote-wrong`.
pub(crate) fn shown(house: &House, hello: &Hello) -> Result<Option<Shown>> {
    let Some(Evidence { ak, attest, signature, registers, opened, log }) = &hello.tpm else { return Ok(None) };
    let wrong = |why: &str| Fault::new("tpm-quote-wrong").because(why);
    let key = AttestationKey::read(&ak.0)?;
    if !credential::has_signed(key.point(), &attest.0, &read_signature(&signature.0)?) {
        return Err(wrong("the attestation key has not signed it"));
    }
    let registers: Registers = registers.iter().map(|(n, value)| (*n, value.0)).collect();
    if !registers.keys().all(|n| ASKED.contains(n)) {
        return Err(wrong("it is about other registers"));
    }
    Quote::read(&attest.0)?.says(&sha256(&[&quoted_bytes(&hello.nonce, &hello.key)]), &registers)?;
    let (mut ek, mut made) = (None, None);
    if let Some(opened) = opened {
        let key = EndorsementKey::read(&opened.ek.0)?;
        let digest = Digest(key.digest());
        let taken = house.credentials.take(Digest::of(&opened.secret.0), digest, Digest::of(&ak.0), house.now());
        if !taken {
            return Err(wrong("the credential was given for other keys, or too long ago"));
        }
        let certificate = opened.certificate.as_ref().map(|c| &c.0[..]);
        (ek, made) = (Some(digest), Some(vouched(house, certificate, key.modulus())));
    }
    let start = log.as_ref().filter(|_| hello.place == Where::Boot).map(|log| {
        let mut known = Known::clone(&house.environment.measured());
        known.firmware.extend(house.config.boot.known_images.iter().map(|digest| digest.0));
        Proof::read(&log.0, &registers, &known)
    });
    Ok(Some(Shown { ak: hex(&ak.0), ek, made, registers, start }))
}

fn vouched(house: &House, certificate: Option<&[u8]>, modulus: &[u8]) -> Made {
    let Some(certificate) = certificate else { return Made { word: "none", issuer: None } };
    // A certificate of another key says nothing of this chip.
    if !maker::is_of(certificate, modulus) {
        return Made { word: "none", issuer: None };
    }
    let verified = house.makers.vouch_for(certificate, house.now().as_second());
    Made { word: if verified { VERIFIED } else { "unknown" }, issuer: maker::name_of_issuer(certificate) }
}

/// What follows from what was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may go on, bound to this chip, or to none where it has none.
    Goes(Option<Tpm>),
    /// Its attestation key is new here: the machine shall prove in which chip it lives.
    Attest,
}

/// Whether a machine (as it is known; none: nobody has seen it) may go on with what it has shown.
///
/// # Errors
/// 403 `server-tpm-other` where the machine is bound to another chip, or shows none.
pub(crate) async fn judge(
    house: &House,
    conn: &mut Conn,
    machine: Option<&Machine>,
    shown: Option<&Shown>,
) -> std::result::Result<Verdict, Refusal> {
    let now = house.now();
    let bound = match machine {
        Some(machine) => tpms::of(conn, machine.id).await?,
        None => None,
    };
    match (bound, shown) {
        (None, None) => Ok(Verdict::Goes(None)),
        (None, Some(Shown { ek: None, .. })) => Ok(Verdict::Attest),
        (None, Some(Shown { ek: Some(ek), ak, .. })) => {
            Ok(Verdict::Goes(Some(Tpm { ek: *ek, ak: ak.clone(), since: now })))
        }
        (Some(bound), Some(shown)) if bound.ak == shown.ak && shown.ek.is_none_or(|ek| ek == bound.ek) => {
            // Whoever is believed now, may vouch for a chip that was bound before.
            let makers = machine.and_then(|m| m.facts.get(FACT_MAKERS)?.as_str()).unwrap_or_default();
            match shown.ek.is_none() && makers != house.makers.short() {
                true => Ok(Verdict::Attest),
                false => Ok(Verdict::Goes(Some(bound))),
            }
        }
        (Some(bound), shown) => {
            tracing::warn!(
                machine = machine.map(|m| m.id.to_string()),
                bound_to = bound.ek.short(),
                shows_one = shown.is_some(),
                "a machine's key was used without the TPM that it is bound to"
            );
            Err(Refusal::new(StatusCode::FORBIDDEN, Fault::new("server-tpm-other")))
        }
    }
}

/// Takes out of what a machine says of itself all that only the server says.
pub(crate) fn forget_claims(facts: &mut Facts) {
    OURS.iter().for_each(|name| drop(facts.0.remove(*name)));
}

/// Puts into a machine's facts what is proved, in the place of whatever it says about it itself. `before` is what the server
/// said of it at its last introduction.
pub(crate) fn put_facts(
    facts: &mut Facts,
    before: &Facts,
    tpm: Option<&Tpm>,
    shown: Option<&Shown>,
    place: Where,
    makers: &str,
) {
    forget_claims(facts);
    if let Some(tpm) = tpm {
        facts.set(FACT_EK, tpm.ek.to_string());
    }
    if let Some(shown) = shown {
        facts.set(FACT_REGISTERS, said(&shown.registers));
        match &shown.made {
            Some(made) => {
                facts.set(FACT_CERTIFIED, made.word);
                made.issuer.iter().for_each(|issuer| facts.set(FACT_ISSUER, issuer.clone()));
                if !makers.is_empty() {
                    facts.set(FACT_MAKERS, makers);
                }
            }
            None => {
                [FACT_CERTIFIED, FACT_ISSUER, FACT_MAKERS].iter().for_each(|name| {
                    before.get(name).into_iter().for_each(|value| facts.set(name, value.clone()));
                });
            }
        }
    }
    let in_boot = place == Where::Boot;
    if in_boot && Standing::of(facts) == Standing::Trusted {
        let proof = proof(before, shown);
        proof.digest.into_iter().for_each(|digest| facts.set(FACT_PROOF_DIGEST, digest));
        facts.set(start::PROOF, proof.word);
    }
    start::settle(facts, in_boot);
}

fn said(registers: &Registers) -> serde_json::Value {
    serde_json::Value::Object(registers.iter().map(|(n, value)| (n.to_string(), hex(value).into())).collect())
}

/// What is found of a start that is called trusted. A machine that waits does not send its log each time: what the same
/// registers proved before, they prove now.
fn proof(before: &Facts, shown: Option<&Shown>) -> Proof {
    let Some(shown) = shown else { return Proof::of(start::BY_WORD) };
    if let Some(proof) = &shown.start {
        return proof.clone();
    }
    let now = said(&shown.registers);
    let same = |register: &u8| {
        let of = |all: &serde_json::Value| all.get(register.to_string()).cloned();
        let held = of(&now);
        held.is_some() && before.get(FACT_REGISTERS).and_then(of) == held
    };
    let text = |name: &str| before.get(name)?.as_str().map(str::to_string);
    match text(start::PROOF).filter(|word| word != start::BY_WORD && measured::REGISTERS.iter().all(same)) {
        Some(word) => Proof { word, digest: text(FACT_PROOF_DIGEST) },
        None => Proof::of("no-log"),
    }
}

/// Whether a rule or a list may recognise this machine: where the centre wants it, only with a chip that is vouched for.
pub(crate) fn may_be_recognised_by_itself(house: &House, facts: &Facts) -> bool {
    let verified = facts.get(FACT_CERTIFIED).and_then(serde_json::Value::as_str) == Some(VERIFIED);
    !house.config.tpm.recognise_only_certified || (verified && facts.get(FACT_EK).is_some())
}

/// Keeps what was proved at the last introduction, whatever the machine, an installed system, says about it itself since.
pub(crate) fn keep_facts(facts: &mut Facts, before: &Facts) {
    for name in OURS {
        match before.get(name) {
            Some(value) => facts.set(name, value.clone()),
            None => drop(facts.0.remove(name)),
        }
    }
    start::settle(facts, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_serves_once_in_time_and_for_its_keys() {
        let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap_or_default();
        let all = Credentials::default();
        let (ek, ak, other) = (Digest([1; 32]), Digest([2; 32]), Digest([3; 32]));
        let given = Given { ek, ak, at: at(0) };
        let secret = |n: u8| Digest([n; 32]);
        assert!((0..4).all(|n| all.put(secret(n), given)));
        assert!(all.take(secret(0), ek, ak, at(1)));
        assert!(!all.take(secret(0), ek, ak, at(1)), "once");
        assert!(!all.take(secret(1), other, ak, at(1)));
        assert!(!all.take(secret(2), ek, other, at(1)));
        assert!(!all.take(secret(3), ek, ak, at(CREDENTIAL_SECONDS)), "too late");
        assert!(!all.take(secret(9), ek, ak, at(1)), "never given");
    }

    #[test]
    fn nobody_says_of_himself_what_only_a_chip_proves() {
        let mut facts = Facts::default();
        facts.set(FACT_EK, "made up");
        facts.set("tpm", true);
        put_facts(&mut facts, &Facts::default(), None, None, Where::Boot, "");
        assert_eq!(facts.0.keys().collect::<Vec<_>>(), ["tpm"]);
        let mut before = Facts::default();
        before.set(FACT_EK, "proved");
        let mut said = facts.clone();
        said.set(FACT_REGISTERS, "made up");
        keep_facts(&mut said, &before);
        assert_eq!((said.get(FACT_EK), said.get(FACT_REGISTERS)), (before.get(FACT_EK), None));
    }
}
