//! Rooms, names, seats and masters: what may be chosen before anything is asked.
use crate::{House, options, refusal::Answer, views};
use socle_db::{Conn, Scope, machines, units, wizard};
use socle_domain::{Digest, UnitId, search, target::is_host_name};
use socle_texts::Result;
use socle_wire::wizard::{MAX_LISTED, MasterChoice, Place, RoomChoice};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So many names beyond the last of a room are tried: a room has no more machines.
const MAX_SKIPPED: u64 = 10_000;

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

/// How things of a room are numbered.
struct Series {
    head: String,
    /// Digits of the shortest number: `01` says that all have two, `9` beside `10` that none is filled up.
    width: usize,
    lowest: u64,
    highest: u64,
}

/// The most usual way in which these are numbered.
fn series(names: &BTreeSet<String>) -> Option<Series> {
    let mut counted: BTreeMap<&str, (usize, Series)> = BTreeMap::new();
    for (head, number, width) in names.iter().filter_map(|n| numbered(n)) {
        let new = || (0, Series { head: head.to_string(), width, lowest: number, highest: number });
        let (count, series) = counted.entry(head).or_insert_with(new);
        *count += 1;
        series.width = series.width.min(width);
        (series.lowest, series.highest) = (series.lowest.min(number), series.highest.max(number));
    }
    counted.into_values().max_by_key(|(count, _)| *count).map(|(_, series)| series)
}

/// A free name that fits the others of a room, the `skip`th after the first; else one made from the room's own.
pub(crate) fn next_name(room: &str, names: &BTreeSet<String>, skip: u64) -> Option<String> {
    let series = match series(names) {
        Some(series) => series,
        None => Series { head: format!("{}-", slug(room)?), width: 2, lowest: 1, highest: 0 },
    };
    // What is missing in the row comes first.
    let mut free = (series.lowest..=series.highest.saturating_add(MAX_SKIPPED))
        .map(|n| format!("{}{n:0width$}", series.head, width = series.width))
        .filter(|name| is_host_name(name) && !names.contains(name));
    free.nth(usize::try_from(skip).ok()?)
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
    let Some(series) = series(seats) else {
        // Seats without numbers: nobody knows which comes next.
        return seats.is_empty().then(|| (1 + skip).to_string());
    };
    Some(format!("{}{:0width$}", series.head, series.highest + 1 + skip, width = series.width))
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
