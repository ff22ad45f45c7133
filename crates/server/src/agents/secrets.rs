//! The secrets of a run, for the machine that carries it out: it has proved its key, the line is its own, and nothing of
//! it stands in an order, a journal, a log or an address.
use super::runs::own_run;
use crate::{
    House, options,
    refusal::{Answer, Refusal},
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use socle_db::{Scope, machines::Machine, orders};
use socle_domain::{RunId, option::referenced_secret, order::Act, sign::Signer};
use socle_texts::Fault;
use socle_wire::agent::Secrets;
use std::sync::Arc;

/// `GET /agent/v1/runs/{run}/secrets`: while the run is open, and only those that its own order names.
pub(crate) async fn give(
    State(house): State<Arc<House>>,
    Extension(machine): Extension<Machine>,
    Path(run): Path<RunId>,
) -> Answer<Json<Secrets>> {
    let mut conn = house.db.read().await?;
    let row = own_run(&mut conn, &machine, run).await?;
    if row.state.status.is_over() {
        return Err(Refusal::conflict(Fault::new("server-run-over").with("state", row.state.status.word())));
    }
    let mut secrets = Secrets::default();
    for signed in orders::of_run(&mut conn, Scope::ROOT, run).await? {
        let Act::Run(spec) = signed.open(&house.keys.server.public())?.act else { continue };
        let specs = spec.master.open(&house.keys.content)?.specs()?;
        for spec_of in specs.iter().filter(|s| s.kind.is_secret()) {
            let Some(reference) = spec.options.get(&spec_of.name).and_then(referenced_secret) else { continue };
            let plain = options::open_secret(&house, &mut conn, reference).await?;
            let gone = || Refusal::wrong(Fault::new("server-secret-gone").with("option", &spec_of.name));
            secrets.values.insert(spec_of.name.clone(), plain.ok_or_else(gone)?);
        }
        // Given again, an order says the same.
        break;
    }
    Ok(Json(secrets))
}
