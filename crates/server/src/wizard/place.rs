//! Rooms, names, seats and masters: what may be chosen before anything is asked.
use crate::{House, options, refusal::Answer, views};
use socle_db::{Conn, Scope, machines, units, wizard};
use socle_domain::{Digest, UnitId, recognise::Hints, recognise::name_from, search};
use socle_texts::Result;
use socle_wire::wizard::{MAX_LISTED, MasterChoice, Place, RoomChoice};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The units in which a machine may be placed, as they stand below the scope's own.
pub(crate) async fn rooms(conn: &mut Conn, scope: Scope) -> Result<Vec<RoomChoice>> {
    let all = units::list(conn, scope).await?;
    let named: HashMap<UnitId, (&str, Option<UnitId>)> =
        all.iter().map(|u| (u.id, (u.name.as_str(), u.parent))).collect();
    let above = |unit: UnitId| {
        let mut path = Vec::new();
        let mut at = named.get(&unit).and_then(|(_, parent)| *parent);
        while let Some((name, parent)) = at.filter(|u| *u != scope.unit()).and_then(|u| named.get(&u)) {
            path.insert(0, name.to_string());
            at = *parent;
        }
        path
    };
    let open = all.iter().filter(|u| u.ended.is_none());
    let mut rooms: Vec<RoomChoice> =
        open.map(|u| RoomChoice { unit: u.id, name: u.name.clone(), path: above(u.id) }).collect();
    rooms.sort_by_cached_key(|room| (room.path.clone(), room.name.clone()));
    rooms.truncate(MAX_LISTED);
    Ok(rooms)
}

/// What can be chosen in a room.
pub(crate) async fn place(house: &House, conn: &mut Conn, unit: UnitId) -> Answer<Place> {
    let scope = Scope::of(unit);
    let names = machines::names(conn, scope, unit).await?;
    let seats = wizard::seats(conn, scope, unit).await?.into_values().collect();
    let name = units::by_id(conn, scope, unit).await?.map(|u| u.name).unwrap_or_default();
    let masters = options::offered(house, conn, unit).await?;
    let choice = |m: views::OpenMaster| MasterChoice {
        master: m.view.digest,
        name: m.view.name,
        version: m.view.version,
        title: m.sequence.title.clone(),
        destroys: m.sequence.steps.iter().any(|s| s.action.is_destructive()),
    };
    Ok(Place {
        name: next_name(&name, &names, 0),
        seat: next_seat(&seats, 0),
        masters: masters.into_iter().take(MAX_LISTED).map(choice).collect(),
    })
}

/// The master of a digest, if a unit may take it.
pub(crate) async fn offered_one(
    house: &House,
    conn: &mut Conn,
    unit: UnitId,
    master: Digest,
) -> Result<Option<views::OpenMaster>> {
    Ok(options::offered(house, conn, unit).await?.into_iter().find(|m| m.view.digest == master))
}

/// Where a name ends with a number: what stands before it, the number, and in how many digits it is written.
fn numbered(name: &str) -> Option<(&str, u64, usize)> {
    let head = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[head.len()..];
    Some((head, digits.parse().ok()?, digits.len())).filter(|_| digits.len() <= 9)
}

/// The most usual way in which these are numbered, and the highest number of it.
fn series(names: &BTreeSet<String>) -> Option<(String, usize, u64)> {
    let mut counted: BTreeMap<(&str, usize), (usize, u64)> = BTreeMap::new();
    for (head, number, width) in names.iter().filter_map(|n| numbered(n)) {
        let (count, highest) = counted.entry((head, width)).or_default();
        (*count, *highest) = (*count + 1, number.max(*highest));
    }
    let ((head, width), (_, highest)) = counted.into_iter().max_by_key(|(_, (count, _))| *count)?;
    Some((head.to_string(), width, highest))
}

/// A free name that fits the others of a room, the `skip`th after the first; else one made from the room's own.
pub(crate) fn next_name(room: &str, names: &BTreeSet<String>, skip: u64) -> Option<String> {
    let pattern = match series(names) {
        Some((head, width, _)) => format!("{head}{{{}}}", "n".repeat(width.max(1))),
        None => format!("{}-{{nn}}", slug(room)?),
    };
    let mut taken = names.clone();
    let mut name = None;
    for _ in 0..=skip {
        name = name_from(&pattern, &Hints::default(), &|n| taken.contains(n));
        taken.insert(name.clone()?);
    }
    name
}

/// A unit's name as the beginning of a host name: `Salle 12` becomes `salle-12`.
fn slug(name: &str) -> Option<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).map(search::folded);
    let ascii = |w: String| w.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let joined = words.map(ascii).filter(|w| !w.is_empty()).collect::<Vec<_>>().join("-");
    let short: String = joined.chars().take(40).collect();
    Some(short.trim_matches('-').to_string()).filter(|s| !s.is_empty())
}

/// A free seat that fits the others of a room, the `skip`th after the first.
pub(crate) fn next_seat(seats: &BTreeSet<String>, skip: u64) -> Option<String> {
    let (head, width, highest) = series(seats).unwrap_or((String::new(), 1, 0));
    // Seats without numbers: nobody knows which comes next.
    if highest == 0 && !seats.is_empty() {
        return None;
    }
    Some(format!("{head}{:0width$}", highest + 1 + skip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| n.to_string()).collect()
    }

    #[test]
    fn names_go_on_as_they_began() {
        let check = |room: &str, names: &[&str], expect: &str| {
            assert_eq!(next_name(room, &set(names), 0).as_deref(), Some(expect), "{names:?}");
        };
        check("Salle 12", &["salle12-01", "salle12-02", "prof-12"], "salle12-03");
        check("Salle 12", &["s9", "s10"], "s11");
        check("Salle 12", &[], "salle-12-01");
        check("Atelier d'œuvres", &[], "atelier-d-oeuvres-01");
        check("Salle 12", &["salle12-01", "salle12-03"], "salle12-02");
        assert_eq!(next_name("Salle 12", &set(&["pc-1"]), 2).as_deref(), Some("pc-4"));
        assert_eq!(next_name("…", &set(&[]), 0), None);
    }

    #[test]
    fn seats_go_on_as_they_began() {
        let check = |seats: &[&str], expect: Option<&str>| assert_eq!(next_seat(&set(seats), 0).as_deref(), expect);
        check(&[], Some("1"));
        check(&["1", "2", "10"], Some("11"));
        check(&["A-01", "A-02"], Some("A-03"));
        check(&["window"], None);
        assert_eq!(next_seat(&set(&["4"]), 3).as_deref(), Some("8"));
    }
}
