//! Lists as files: what is written can be imported again and then changes nothing.
use super::{csv_text::write, networks::written};
use socle_db::{Conn, Scope, announced, links, machines, networks, persons, units};
use socle_domain::{Timestamp, UnitId, network::Network, unit::Tree};
use socle_texts::Result;
use socle_wire::organisation::List;
use std::collections::BTreeMap;

const PAGE: u32 = 10_000;

/// A list of all that the scope holds, as CSV.
pub(crate) async fn export(conn: &mut Conn, scope: Scope, list: List, now: Timestamp) -> Result<String> {
    let tree = units::tree(conn, scope, now).await?;
    match list {
        List::Units => all_units(conn, scope, &tree).await,
        List::People => people(conn, scope, &tree).await,
        List::Machines => all_machines(conn, scope, &tree).await,
        List::Links => all_links(conn, scope, &tree).await,
    }
}

async fn all_units(conn: &mut Conn, scope: Scope, tree: &Tree) -> Result<String> {
    let mut held: BTreeMap<UnitId, Vec<Network>> = BTreeMap::new();
    for one in networks::list(conn, scope).await? {
        held.entry(one.unit).or_default().push(one.network);
    }
    let open = tree.subtree(scope.unit()).into_iter().filter_map(|id| tree.get(id)).filter(|u| u.is_open());
    let line = |u: &socle_domain::unit::Unit| {
        let own = held.get(&u.id).map_or_else(String::new, |own| written(own, " "));
        vec![tree.path(u.id), u.kind.word().to_string(), own, u.id.to_string()]
    };
    let mut rows: Vec<Vec<String>> = open.map(line).collect();
    rows.sort();
    write(&["path", "kind", "networks", "id"], rows.into_iter())
}

fn said(moment: Option<Timestamp>) -> String {
    moment.map(|at| at.to_string()).unwrap_or_default()
}

async fn people(conn: &mut Conn, scope: Scope, tree: &Tree) -> Result<String> {
    let (mut rows, mut after) = (Vec::new(), persons::After::default());
    loop {
        let page = persons::page(conn, scope, None, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = persons::After { name: last.name.clone(), id: last.id.to_string() };
        rows.extend(page.into_iter().map(|p| {
            let text = Option::unwrap_or_default;
            let since = p.since.to_string();
            vec![tree.path(p.unit), p.name, text(p.login), text(p.mail), since, said(p.until), p.id.to_string()]
        }));
    }
    write(&["unit", "name", "login", "mail", "since", "until", "id"], rows.into_iter())
}

async fn all_machines(conn: &mut Conn, scope: Scope, tree: &Tree) -> Result<String> {
    let mut rows = Vec::new();
    for one in machines::labels(conn, scope).await? {
        // Its address and numbers are hints, and it is its key: a list that names it by identifier needs none of them.
        if let (machines::State::Known, Some(name)) = (one.state, one.name) {
            let none = String::new;
            rows.push(vec![tree.path(one.unit), name, none(), none(), none(), one.id.to_string()]);
        }
    }
    for one in announced::awaited(conn, scope).await? {
        let text = Option::unwrap_or_default;
        rows.push(vec![tree.path(one.unit), one.name, text(one.mac), text(one.serial), text(one.uuid), String::new()]);
    }
    rows.sort();
    write(&["unit", "name", "mac", "serial", "uuid", "id"], rows.into_iter())
}

async fn all_links(conn: &mut Conn, scope: Scope, tree: &Tree) -> Result<String> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = links::page(conn, scope, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id.to_string();
        rows.extend(page.into_iter().map(|link| {
            vec![
                link.kind.word().to_string(),
                tree.path(link.unit),
                link.person.map(|p| p.to_string()).unwrap_or_default(),
                link.machine.map(|m| m.to_string()).unwrap_or_default(),
                link.from.to_string(),
                said(link.until),
                link.id.to_string(),
            ]
        }));
    }
    write(&["kind", "unit", "person", "machine", "from", "until", "id"], rows.into_iter())
}
