//! The house keeps its shape: arrows point down, and the map names every room.

/// Floors, from the ground up: a room may use rooms of a strictly lower number, and no others.
///
/// Ground: meaning, without I/O. First floor: one kind of outside world each, so all on one number. Roof: programs.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["texts"]),
    (1, &["domain", "image", "tpm"]),
    (2, &["wire", "mdt"]),
    (10, &["db", "repository", "trust", "boot", "disk", "console", "mail", "cast"]),
    (20, &["server", "agent"]),
    (21, &["socle"]),
    (30, &["sim", "fuzz", "xtask"]),
];
/// Rooms below this number are the ground floor.
const FIRST_FLOOR: u8 = 10;
/// What the ground floor must not reach, however indirectly: it neither waits nor asks the outside world.
const NOT_ON_THE_GROUND: &[&str] = &["tokio", "mio", "async-std", "reqwest", "sqlx"];

/// Where the wall clock may be read, and why there. Everywhere else time is handed in, so that every loop can be tested.
#[cfg(test)]
const CLOCKS: &[(&str, &str)] = &[
    ("server/src/clock.rs", "the server's one clock, which its loops are given"),
    ("server/src/doctor/clock.rs", "the doctor compares this computer's clock with another's"),
    ("agent/src/clock.rs", "the agent's one clock, corrected by the server's word"),
    ("socle/src/act.rs", "a command of a person: its present"),
    ("socle/src/image/capture.rs", "a command of a person: when the image was captured"),
    ("socle/src/mail/proof.rs", "a command of a person: when an entry was written"),
    ("sim/src/lib.rs", "simulated machines"),
];

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(_, rooms)| rooms.contains(&room)).map(|(floor, _)| *floor)
}

/// Why an arrow from one room to another is wrong, if it is.
fn wrong_arrow(from: &str, to: &str) -> Option<String> {
    match (floor(from), floor(to)) {
        (None, _) => Some(format!("crates/{from} stands on no floor: give it a place in crates/xtask/src/rooms.rs")),
        (_, None) => Some(format!("crates/{to} stands on no floor: give it a place in crates/xtask/src/rooms.rs")),
        (Some(a), Some(b)) if a < b => Some(format!("crates/{from} points up to crates/{to}")),
        (Some(a), Some(b)) if a == b => Some(format!("crates/{from} points sideways to crates/{to}")),
        _ => None,
    }
}

/// Rooms that a text names as `crates/NAME` in code quotes.
fn named_rooms(text: &str) -> Vec<String> {
    let mut rooms: Vec<String> =
        text.split("`crates/").skip(1).filter_map(|rest| rest.split(['`', '/']).next()).map(str::to_string).collect();
    rooms.sort();
    rooms.dedup();
    rooms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{command, output};
    use crate::places;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    fn metadata() -> Value {
        let mut cargo = command("cargo", ["metadata", "--format-version", "1"]);
        // Of this platform alone: nothing needs to be fetched that a build has not fetched.
        cargo.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
        let text = output(cargo.current_dir(places::root())).expect("cargo metadata");
        serde_json::from_str(&text).expect("cargo's JSON")
    }

    fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
        value[key].as_array().into_iter().flatten()
    }

    /// The room of a package of ours: `socle-domain` → `domain`.
    fn room(package: &str) -> &str {
        package.strip_prefix("socle-").unwrap_or(package)
    }

    fn ours(metadata: &Value) -> Vec<&Value> {
        let members: BTreeSet<&str> = list(metadata, "workspace_members").filter_map(Value::as_str).collect();
        list(metadata, "packages").filter(|p| p["id"].as_str().is_some_and(|id| members.contains(id))).collect()
    }

    #[test]
    fn arrows_only_point_down() {
        let metadata = metadata();
        let ours = ours(&metadata);
        let names: BTreeSet<&str> = ours.iter().filter_map(|p| p["name"].as_str()).collect();
        assert!(names.len() > 10, "cargo metadata lists our rooms");
        let mut wrong = Vec::new();
        for package in &ours {
            let from = package["name"].as_str().unwrap_or_default();
            let arrows =
                list(package, "dependencies").filter_map(|d| d["name"].as_str()).filter(|to| names.contains(to));
            wrong.extend(arrows.filter(|to| *to != from).filter_map(|to| wrong_arrow(room(from), room(to))));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_ground_floor_touches_nothing_outside() {
        let metadata = metadata();
        let name_of: BTreeMap<&str, &str> =
            list(&metadata, "packages").filter_map(|p| Some((p["id"].as_str()?, p["name"].as_str()?))).collect();
        let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for node in list(&metadata["resolve"], "nodes") {
            // Only what is linked into the room: neither its tests' tools nor what builds it.
            let linked = list(node, "deps").filter(|d| list(d, "dep_kinds").any(|k| k["kind"].is_null()));
            uses.insert(node["id"].as_str().unwrap_or_default(), linked.filter_map(|d| d["pkg"].as_str()).collect());
        }
        let mut wrong = Vec::new();
        for package in ours(&metadata) {
            let name = package["name"].as_str().unwrap_or_default();
            if floor(room(name)).is_none_or(|floor| floor >= FIRST_FLOOR) {
                continue;
            }
            let (mut seen, mut next) = (BTreeSet::new(), vec![package["id"].as_str().unwrap_or_default()]);
            while let Some(id) = next.pop() {
                if seen.insert(id) {
                    next.extend(uses.get(id).into_iter().flatten());
                }
            }
            assert!(seen.len() > 1, "{name} uses something");
            let found = seen.iter().filter_map(|id| name_of.get(id)).filter(|n| NOT_ON_THE_GROUND.contains(n));
            wrong.extend(found.map(|outside| format!("crates/{} reaches {outside}", room(name))));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_map_and_the_house_agree() {
        let map = std::fs::read_to_string(places::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
        let entries = std::fs::read_dir(places::root().join("crates")).expect("crates/").flatten();
        let mut house: Vec<String> = entries
            .filter(|entry| entry.path().join("Cargo.toml").exists())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        house.sort();
        assert_eq!(named_rooms(&map), house, "left: rooms that ARCHITECTURE.md names; right: rooms that exist");
    }

    #[test]
    fn the_wall_clock_is_read_where_it_is_said() {
        let reads = ["Timestamp::now()", "SystemTime::now()", "Zoned::now()", "Utc::now()"];
        let mut found = BTreeSet::new();
        let mut folders = vec![places::root().join("crates")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
                if entry.is_dir() {
                    folders.push(entry);
                    continue;
                }
                let name = entry.strip_prefix(places::root().join("crates")).expect("below it").display().to_string();
                if !name.ends_with(".rs") || name.starts_with("xtask/") || !name.contains("/src/") {
                    continue;
                }
                let text = std::fs::read_to_string(&entry).expect("source");
                let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                if reads.iter().any(|read| own.contains(read)) {
                    found.insert(name);
                }
            }
        }
        let said: BTreeSet<String> = CLOCKS.iter().map(|(file, _)| file.to_string()).collect();
        assert_eq!(found, said);
    }

    #[test]
    fn wrong_arrows_are_told_apart() {
        assert_eq!(wrong_arrow("server", "db"), None);
        assert_eq!(wrong_arrow("domain", "wire"), Some("crates/domain points up to crates/wire".into()));
        assert_eq!(wrong_arrow("db", "disk"), Some("crates/db points sideways to crates/disk".into()));
        assert!(wrong_arrow("cellar", "texts").is_some_and(|why| why.contains("no floor")));
        assert_eq!(named_rooms("`crates/a`: x\n`crates/b/src/main.rs` and `crates/a`"), ["a", "b"]);
    }
}
