//! The wizard, on the server's side: who may sign in at a machine ([`signing`], [`codes`], [`tries`]), what may be chosen
//! there ([`place`]), what a master asks ([`asked`]), and what becomes of the answers ([`answers`]). The doors are
//! `agents::wizard` for machines and `api::wizard` for the console's form of a whole room.
//!
//! INVARIANT: before somebody has signed in, nothing of the organisation leaves through these doors: not a name, not a
//! unit, not whether a code exists. Whatever is wrong with a proof, the answer is the same.
//!
//! INVARIANT: what somebody does at a machine is what he could do in the console: his rights are asked anew for each
//! answer, at the unit that he speaks of, within the unit that his code was made for.
pub(crate) mod answers;
pub(crate) mod asked;
pub(crate) mod codes;
pub(crate) mod place;
pub(crate) mod room;
pub(crate) mod signing;
pub(crate) mod tries;

use crate::refusal::Answer;
use socle_db::{Conn, grants};
use socle_domain::{AccountId, UnitId, role::Right, role::holds};

/// What whoever installs a machine needs: to say who it is, and to start its run.
pub(crate) const RIGHTS: [Right; 2] = [Right::Recognise, Right::Operate];

/// Whether a person holds, at this moment, what the wizard needs at a unit.
pub(crate) async fn may(conn: &mut Conn, person: AccountId, unit: UnitId) -> Answer<bool> {
    let held: Vec<_> = grants::of(conn, person).await?.into_iter().map(|placed| placed.grant).collect();
    let path = grants::path(conn, unit).await?;
    Ok(!path.is_empty() && RIGHTS.iter().all(|right| holds(&held, *right, &path)))
}

/// The topmost unit at which a person may install machines.
pub(crate) async fn topmost(conn: &mut Conn, person: AccountId) -> Answer<Option<UnitId>> {
    for placed in grants::of(conn, person).await? {
        if may(conn, person, placed.grant.unit).await? {
            return Ok(Some(placed.grant.unit));
        }
    }
    Ok(None)
}
