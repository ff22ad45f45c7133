//! Whoever a directory no longer holds: a person decides whether he has left.
use crate::{
    House,
    access::Person as Caller,
    refusal::{Answer, Refusal},
};
use socle_db::{Conn, Scope, directories, persons};
use socle_domain::person::Person;
use socle_texts::Result;
use socle_wire::organisation::DepartureView;

/// What waits for somebody to decide.
pub(crate) async fn waiting(conn: &mut Conn, scope: Scope) -> Result<Vec<DepartureView>> {
    let mut views = Vec::new();
    for one in directories::waiting(conn, scope).await? {
        // Who has moved to another body since is for that body to look at.
        if let Some(person) = persons::by_id(conn, scope, one.person).await? {
            views.push(DepartureView {
                id: one.id,
                directory: directories::name_in(&one.directory).to_string(),
                person: one.person,
                name: person.name,
                unit: person.unit,
                seen: one.seen,
            });
        }
    }
    Ok(views)
}

/// Decides one: the person has left, from now on, or stays whatever the directory says.
pub(crate) async fn decide(house: &House, caller: &Caller, id: &str, left: bool) -> Answer<()> {
    let now = house.now();
    let mut tx = house.db.write().await?;
    let decided = directories::decide(&mut tx, caller.scope, id, left, &caller.name, now).await?;
    let person = decided.ok_or_else(|| Refusal::unknown("departure"))?;
    if left {
        let old = persons::by_id(&mut tx, caller.scope, person).await?.ok_or_else(|| Refusal::unknown("person"))?;
        let until = Some(now.max(old.since));
        persons::change(&mut tx, caller.scope, &Person { until, ..old }).await?;
    }
    crate::idempotency::will_answer_nothing(house)?;
    tx.commit().await?;
    Ok(())
}
