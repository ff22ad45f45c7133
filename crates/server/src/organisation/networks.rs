//! From where the machines of units speak: their networks. The API, the pages and the list of units all come here.
use crate::{House, access::Person as Caller, refusal::Answer};
use socle_db::{Conn, Scope, audit, networks, units};
use socle_domain::{Timestamp, UnitId, network::Network};
use socle_texts::{Fault, Result};
use socle_wire::organisation::{NetworkView, UnitNetworks};
use std::collections::{BTreeMap, BTreeSet};

/// Gives a unit its networks, instead of those that it had.
pub(crate) async fn set(house: &House, caller: &Caller, unit: UnitId, wish: UnitNetworks) -> Answer<UnitNetworks> {
    let wished = BTreeMap::from([(unit, wish.networks.clone())]);
    let mut tx = house.db.write().await?;
    networks::set(&mut tx, caller.scope, &wished, &caller.name, house.now()).await?;
    audit::about("unit", &unit.to_string(), unit);
    tx.commit().await?;
    Ok(wish)
}

/// Every network of a scope, in the order of their addresses.
pub(crate) async fn views(conn: &mut Conn, scope: Scope, now: Timestamp) -> Result<Vec<NetworkView>> {
    let tree = units::tree(conn, scope, now).await?;
    let view = |held: networks::Held| NetworkView {
        network: held.network,
        unit: held.unit,
        path: tree.path(held.unit),
        by: held.by,
        at: held.at,
    };
    Ok(networks::list(conn, scope).await?.into_iter().map(view).collect())
}

/// Reads networks as people write them: apart by spaces, commas, semicolons or lines.
///
/// # Errors
/// `server-network-wrong` with the text that is none.
pub(crate) fn read(text: &str) -> Result<BTreeSet<Network>> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let words = text.split(apart).filter(|word| !word.is_empty());
    let wrong = |word: &str, why: String| Fault::new("server-network-wrong").with("network", word).because(why);
    words.map(|word| word.parse::<Network>().map_err(|why| wrong(word, why))).collect()
}

/// Networks as people read them.
pub(crate) fn written<'a>(networks: impl IntoIterator<Item = &'a Network>, between: &str) -> String {
    networks.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}
