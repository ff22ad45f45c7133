//! What is done on the server's own computer, with its data folder: whoever may read that folder is trusted with it. Each act
//! leaves its entry in the audit trail.
use crate::{
    Config, Data,
    first_start::{LINK_HOURS, link_url},
    house::open_db,
    lock,
};
use socle_db::{
    Db, Scope,
    audit::{self, HOST, Trail},
    factors, people, sealed, sessions, tokens,
};
use socle_domain::{AccountId, Timestamp, UnitId};
use socle_texts::{Fault, Result};
use socle_trust::{
    chance, secret,
    vault::{Place, Vault},
};
use std::time::Duration;

pub use socle_db::tokens::Token;

/// Does something to the database, under a word of the audit trail.
async fn acting<T>(
    data: &Data,
    config: &Config,
    now: Timestamp,
    act: &str,
    work: impl AsyncFnOnce(&Db) -> Result<T>,
) -> Result<T> {
    let db = open_db(data, config, now).await?;
    let trail = Trail::new(now, chance::bytes()?, HOST, HOST, UnitId::ROOT, act);
    let done = trail.around(work(&db)).await;
    db.close().await;
    done
}

/// Every token, the newest first.
pub async fn tokens(data: &Data, config: &Config, now: Timestamp) -> Result<Vec<tokens::Token>> {
    let db = open_db(data, config, now).await?;
    let all = tokens::all(&mut *db.read().await?).await;
    db.close().await;
    all
}

/// Revokes the token of this name: of its identifier, of the beginning of it, or of what its maker calls it where no other
/// is called so.
///
/// # Errors
/// `server-unknown`.
pub async fn revoke_token(data: &Data, config: &Config, wish: &str, now: Timestamp) -> Result<tokens::Token> {
    acting(data, config, now, "token-revoke", async |db| {
        let mut tx = db.write().await?;
        let all = tokens::all(&mut tx).await?;
        let of = |meant: &dyn Fn(&&tokens::Token) -> bool| {
            let mut found = all.iter().filter(meant);
            found.next().filter(|_| found.next().is_none()).cloned()
        };
        let by_id = (wish.len() >= 8).then(|| of(&|t| t.id.starts_with(wish))).flatten();
        let token = by_id.or_else(|| of(&|t| t.name == wish));
        let token = token.ok_or_else(|| Fault::new("server-unknown").with("what", "token"))?;
        tokens::revoke(&mut tx, &token.id).await?;
        audit::about("token", &token.id, token.unit);
        tx.commit().await?;
        Ok(token)
    })
    .await
}

/// What a recovery did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The one-time link with which a password is set.
    pub link: String,
    /// How many second factors were removed: none unless that was asked for.
    pub factors_removed: usize,
    /// How many are asked for still.
    pub factors_left: usize,
}

/// Gives somebody a way in again: a one-time link. His second factors stay and are asked for, unless their removal was asked
/// for by its own word; then all his sessions and tokens end too.
///
/// # Errors
/// `server-account-unknown`.
pub async fn recover(
    data: &Data,
    config: &Config,
    name: &str,
    remove_second_factors: bool,
    now: Timestamp,
) -> Result<Recovered> {
    let act = if remove_second_factors { "account-recover-second-factor" } else { "account-recover" };
    acting(data, config, now, act, async |db| {
        let mut tx = db.write().await?;
        let account = people::by_name(&mut tx, name).await?;
        let account = account.ok_or_else(|| Fault::new("server-account-unknown").with("name", name))?;
        let factors_removed = match remove_second_factors {
            true => factors::remove_all(&mut tx, account.id).await?,
            false => 0,
        };
        if remove_second_factors {
            let subject = account.id.to_string();
            sessions::close_of(&mut tx, Scope::of(account.unit), sessions::Kind::Person, &subject).await?;
            tokens::revoke_all_of(&mut tx, AccountId(account.id)).await?;
        }
        let factors_left = factors::of(&mut tx, account.id).await?.len();
        let token = secret::new_token()?;
        let expires = now + Duration::from_secs(LINK_HOURS * 3600);
        people::add_link(&mut tx, secret::digest(&token), account.id, expires).await?;
        audit::about("account", &account.id.to_string(), account.unit);
        tx.commit().await?;
        Ok(Recovered { link: link_url(config, &token), factors_removed, factors_left })
    })
    .await
}

/// Changes the vault's key: a new one is made, every sealed value is sealed with it, and only when that is durable the
/// old one is forgotten. Cut anywhere, everything still opens, and the next call ends what this one began. How many
/// values were sealed again.
///
/// # Errors
/// `server-already-running`: the server would go on sealing with the old key. None can be started meanwhile.
pub async fn change_vault_key(data: &Data, config: &Config, now: Timestamp) -> Result<usize> {
    let _held = lock::without_server(data)?;
    acting(data, config, now, "vault-key-change", async |db| {
        let path = data.vault();
        let mut vault = Vault::load_or_create(&path)?;
        if vault.keys() == 1 {
            vault.rotate(&path)?;
        }
        let mut tx = db.write().await?;
        let mut count = 0;
        for one in sealed::all(&mut tx).await? {
            let place = Place { kind: &one.kind, owner: &one.owner, field: &one.field };
            if let Some(again) = vault.again(place, &one.value)? {
                sealed::replace(&mut tx, &one, &again).await?;
                count += 1;
            }
        }
        tx.commit().await?;
        vault.forget_old(&path)?;
        Ok(count)
    })
    .await
}
