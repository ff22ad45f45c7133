//! Accounts: sessions, tokens, second factors, recovery codes, identities, sealed secrets.
use crate::made::{later, now};
use socle_db::{Db, Scope, factors, people, sealed, sessions, tokens};
use socle_domain::{
    AccountId, Digest, UnitId,
    role::{Grant, Role},
};
use uuid::Uuid;

const ROOT: Scope = Scope::ROOT;

async fn with_account(db: &Db, n: u128) -> Uuid {
    let id = Uuid::from_u128(n);
    let one = people::Administrator { id, unit: UnitId::ROOT, name: format!("person-{n}"), password: None };
    let mut tx = db.write().await.unwrap();
    people::add(&mut tx, ROOT, &one, now()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn session(name: &str, subject: Uuid) -> sessions::Session {
    sessions::Session {
        id: name.into(),
        unit: UnitId::ROOT,
        subject: subject.to_string(),
        created: now(),
        expires: later(60),
        used: now(),
        address: "192.0.2.7".into(),
        device: "Firefox/128.0".into(),
        how: "password totp".into(),
    }
}

pub async fn sessions_are_listed_and_revoked(db: &Db) {
    let (one, two) = (with_account(db, 1).await, with_account(db, 2).await);
    let kind = sessions::Kind::Person;
    let mut tx = db.write().await.unwrap();
    for (bearer, name, whose) in [("a", "first", one), ("b", "second", one), ("c", "third", one), ("d", "other", two)] {
        sessions::begin(&mut tx, kind, Digest::of(bearer.as_bytes()), &session(name, whose)).await.unwrap();
    }
    sessions::used(&mut tx, Digest::of(b"b"), later(30), "198.51.100.1").await.unwrap();
    let his = sessions::of(&mut tx, kind, &one.to_string(), later(31)).await.unwrap();
    let names: Vec<&str> = his.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(names, ["second", "first", "third"], "the last used first");
    assert_eq!((his[0].used, his[0].address.as_str()), (later(30), "198.51.100.1"));
    assert_eq!(his[1], session("first", one));
    assert!(!sessions::revoke(&mut tx, kind, &two.to_string(), "first").await.unwrap(), "somebody else's");
    assert!(sessions::revoke(&mut tx, kind, &one.to_string(), "first").await.unwrap());
    assert_eq!(sessions::find(&mut tx, kind, Digest::of(b"a"), now()).await.unwrap(), None);
    assert_eq!(sessions::revoke_others(&mut tx, kind, &one.to_string(), "second").await.unwrap(), 1);
    assert_eq!(sessions::of(&mut tx, kind, &one.to_string(), now()).await.unwrap().len(), 1);
    assert_eq!(
        sessions::of(&mut tx, kind, &two.to_string(), now()).await.unwrap().len(),
        1,
        "nobody else is concerned"
    );
    assert_eq!(sessions::of(&mut tx, kind, &two.to_string(), later(60)).await.unwrap(), [], "it has ended");
}

pub async fn a_token_ends_and_is_revoked(db: &Db) {
    let owner = AccountId(with_account(db, 1).await);
    let mut tx = db.write().await.unwrap();
    tokens::add(&mut tx, ROOT, Digest::of(b"host"), "lab", now(), now() + std::time::Duration::from_secs(3600))
        .await
        .unwrap();
    let host = tokens::find(&mut tx, Digest::of(b"host"), later(3_599)).await.unwrap().unwrap();
    assert_eq!((host.unit, host.name.as_str(), host.person), (UnitId::ROOT, "lab", None));
    assert_eq!(host.expires, Some(later(3_600)), "the host's own token ends, too");
    assert_eq!(tokens::find(&mut tx, Digest::of(b"host"), later(3_600)).await.unwrap(), None);
    assert_eq!(tokens::find(&mut tx, Digest::of(b"other"), now()).await.unwrap(), None);
    let token = tokens::Token {
        id: "0123456789abcdef0123456789abcdef".into(),
        unit: UnitId::ROOT,
        name: "inventory".into(),
        person: Some(owner),
        grants: vec![(Role::Helpdesk, UnitId::ROOT), (Role::Technician, UnitId::ROOT)],
        created: now(),
        expires: Some(later(60)),
        used: None,
        address: String::new(),
    };
    tokens::make(&mut tx, Digest::of(b"his"), &token).await.unwrap();
    assert_eq!(tokens::find(&mut tx, Digest::of(b"his"), later(59)).await.unwrap(), Some(token.clone()));
    assert_eq!(tokens::find(&mut tx, Digest::of(b"his"), later(60)).await.unwrap(), None, "it has ended");
    tokens::used(&mut tx, Digest::of(b"his"), later(5), "192.0.2.7").await.unwrap();
    let his = tokens::of(&mut tx, owner).await.unwrap();
    assert_eq!((his.len(), his[0].used, his[0].address.as_str()), (1, Some(later(5)), "192.0.2.7"));
    assert_eq!(tokens::all(&mut tx).await.unwrap().len(), 2);
    assert!(!tokens::revoke_of(&mut tx, AccountId(Uuid::from_u128(9)), &token.id).await.unwrap());
    assert!(tokens::revoke_of(&mut tx, owner, &token.id).await.unwrap());
    assert_eq!(tokens::find(&mut tx, Digest::of(b"his"), now()).await.unwrap(), None);
    tokens::make(&mut tx, Digest::of(b"again"), &token).await.unwrap();
    tokens::sweep(&mut tx, later(61)).await.unwrap();
    assert_eq!(tokens::all(&mut tx).await.unwrap().len(), 1, "what has ended is forgotten, the computer's own stays");
    tokens::make(&mut tx, Digest::of(b"again"), &token).await.unwrap();
    assert_eq!(tokens::revoke_all_of(&mut tx, owner).await.unwrap(), 1);
}

fn factor(n: u128, account: Uuid, kind: factors::Kind) -> factors::Factor {
    factors::Factor {
        id: Uuid::from_u128(n),
        account,
        kind,
        name: "telephone".into(),
        credential: (kind == factors::Kind::Passkey).then(|| format!("credential-{n}")),
        state: "{}".into(),
        created: now(),
        used: None,
    }
}

pub async fn a_code_serves_once(db: &Db) {
    let one = with_account(db, 1).await;
    let mut tx = db.write().await.unwrap();
    let code = factor(10, one, factors::Kind::Totp);
    factors::add(&mut tx, &code).await.unwrap();
    assert!(factors::take_step(&mut tx, code.id, 100, later(1)).await.unwrap());
    assert!(!factors::take_step(&mut tx, code.id, 100, later(2)).await.unwrap(), "the same code again");
    assert!(!factors::take_step(&mut tx, code.id, 99, later(2)).await.unwrap(), "one from before it");
    assert!(factors::take_step(&mut tx, code.id, 101, later(3)).await.unwrap());
    assert_eq!(factors::of(&mut tx, one).await.unwrap()[0].used, Some(later(3)));

    let digests: Vec<Digest> = [b"a", b"b", b"c"].iter().map(|c| Digest::of(*c)).collect();
    factors::set_codes(&mut tx, one, &digests).await.unwrap();
    assert!(factors::use_code(&mut tx, one, digests[0], now()).await.unwrap());
    assert!(!factors::use_code(&mut tx, one, digests[0], now()).await.unwrap());
    assert!(!factors::use_code(&mut tx, Uuid::from_u128(2), digests[1], now()).await.unwrap(), "somebody else's");
    assert_eq!(factors::codes_left(&mut tx, one).await.unwrap(), 2);
    factors::set_codes(&mut tx, one, &[Digest::of(b"new")]).await.unwrap();
    assert!(!factors::use_code(&mut tx, one, digests[1], now()).await.unwrap(), "older codes are worth nothing");
    assert_eq!(factors::codes_left(&mut tx, one).await.unwrap(), 1);
}

pub async fn a_factor_goes_with_its_secret(db: &Db) {
    let (one, two) = (with_account(db, 1).await, with_account(db, 2).await);
    let mut tx = db.write().await.unwrap();
    let (code, key) = (factor(10, one, factors::Kind::Totp), factor(11, one, factors::Kind::Passkey));
    for f in [&code, &key] {
        factors::add(&mut tx, f).await.unwrap();
    }
    let value = sealed::Sealed {
        kind: factors::SEALED.into(),
        owner: code.id.to_string(),
        field: "secret".into(),
        value: "sealed:1:…".into(),
    };
    sealed::put(&mut tx, &value, now()).await.unwrap();
    assert_eq!(factors::by_credential(&mut tx, "credential-11").await.unwrap(), Some(key.clone()));
    assert!(factors::set_state(&mut tx, &key, "{\"counter\":1}", later(1)).await.unwrap());
    assert!(!factors::set_state(&mut tx, &key, "{\"counter\":2}", later(1)).await.unwrap(), "it is another by now");
    assert!(!factors::remove(&mut tx, two, code.id).await.unwrap(), "somebody else's");
    assert!(sealed::get(&mut tx, "factor", &code.id.to_string(), "secret").await.unwrap().is_some());
    assert!(factors::remove(&mut tx, one, code.id).await.unwrap());
    assert!(sealed::get(&mut tx, "factor", &code.id.to_string(), "secret").await.unwrap().is_none());
    factors::set_codes(&mut tx, one, &[Digest::of(b"a")]).await.unwrap();
    assert_eq!(factors::remove_all(&mut tx, one).await.unwrap(), 1);
    assert_eq!(
        (factors::of(&mut tx, one).await.unwrap(), factors::codes_left(&mut tx, one).await.unwrap()),
        (vec![], 0)
    );
}

pub async fn somebody_is_known_elsewhere(db: &Db) {
    let (one, two) = (with_account(db, 1).await, with_account(db, 2).await);
    let mut tx = db.write().await.unwrap();
    factors::know_as(&mut tx, "oidc https://a", "7", one, now()).await.unwrap();
    factors::know_as(&mut tx, "oidc https://a", "7", two, now()).await.unwrap();
    assert_eq!(factors::known_as(&mut tx, "oidc https://a", "7").await.unwrap(), Some(one), "who came first stays");
    assert_eq!(factors::known_as(&mut tx, "oidc https://b", "7").await.unwrap(), None);
    assert_eq!(factors::sources_of(&mut tx, one).await.unwrap(), ["oidc https://a"]);
    let device = Digest::of(b"device");
    factors::know_device(&mut tx, device, one, now()).await.unwrap();
    factors::know_device(&mut tx, device, one, later(5)).await.unwrap();
    assert!(factors::knows_device(&mut tx, device, one).await.unwrap());
    assert!(!factors::knows_device(&mut tx, device, two).await.unwrap());
    factors::sweep_devices(&mut tx, later(6)).await.unwrap();
    assert!(!factors::knows_device(&mut tx, device, one).await.unwrap());
    let grant = Grant { person: AccountId(one), role: Role::Technician, unit: UnitId::ROOT };
    factors::map(&mut tx, "oidc https://a", &grant).await.unwrap();
    factors::map(&mut tx, "oidc https://a", &grant).await.unwrap();
    assert_eq!(factors::mapped(&mut tx, grant.person, "oidc https://a").await.unwrap(), [grant]);
    factors::unmap(&mut tx, "oidc https://a", &grant).await.unwrap();
    assert_eq!(factors::mapped(&mut tx, grant.person, "oidc https://a").await.unwrap(), []);
}

pub async fn sealed_values_are_replaced_together(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let one = |owner: &str, value: &str| sealed::Sealed {
        kind: "option".into(),
        owner: owner.into(),
        field: "value".into(),
        value: value.into(),
    };
    for (owner, value) in [("a", "1"), ("b", "2"), ("a", "3")] {
        sealed::put(&mut tx, &one(owner, value), now()).await.unwrap();
    }
    assert_eq!(sealed::all(&mut tx).await.unwrap(), [one("a", "3"), one("b", "2")]);
    sealed::replace(&mut tx, &one("a", "3"), "33").await.unwrap();
    sealed::replace(&mut tx, &one("b", "not this"), "22").await.unwrap();
    assert_eq!(sealed::all(&mut tx).await.unwrap(), [one("a", "33"), one("b", "2")], "what has changed is left alone");
    sealed::forget(&mut tx, "option", "a").await.unwrap();
    assert_eq!(sealed::get(&mut tx, "option", "a", "value").await.unwrap(), None);
}
