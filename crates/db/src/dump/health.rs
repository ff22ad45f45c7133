//! How a database is, and whom it names: for the doctor and for what is sent to support. Nothing is written or migrated.
use super::{Snapshot, Step, check_steps, tables::texts};
use crate::{Conn, migrate};
use socle_domain::Timestamp;
use socle_texts::Result;
use std::collections::BTreeMap;

/// Complaints of SQLite's own check that are told; the first says enough.
const MAX_COMPLAINTS: u32 = 5;

/// Where names stand: what they name, and how they are asked. JSON and lists are taken apart by the caller.
const NAMES: [(Named, &str); 17] = [
    (Named::Person, "SELECT name FROM administrators"),
    (Named::Person, "SELECT name FROM persons"),
    (Named::Person, "SELECT login FROM persons WHERE login IS NOT NULL"),
    (Named::Person, "SELECT mail FROM persons WHERE mail IS NOT NULL"),
    (Named::Person, "SELECT entry FROM persons WHERE entry IS NOT NULL"),
    (Named::Person, "SELECT subject FROM identities"),
    (Named::Person, "SELECT DISTINCT who_name FROM audit_names"),
    (Named::Person, "SELECT name FROM factors"),
    (Named::Person, "SELECT name FROM tokens"),
    (Named::Person, "SELECT DISTINCT recognised_by FROM machines WHERE recognised_by IS NOT NULL"),
    (Named::Machine, "SELECT name FROM machines WHERE name IS NOT NULL"),
    (Named::Machine, "SELECT name FROM announced"),
    (Named::Machine, "SELECT DISTINCT target_name FROM runs"),
    (Named::Serial, "SELECT serial FROM announced WHERE serial IS NOT NULL"),
    (Named::Serial, "SELECT uuid FROM announced WHERE uuid IS NOT NULL"),
    (Named::Serial, "SELECT value FROM hints WHERE kind = 'uuid'"),
    (Named::Hints, "SELECT hints FROM machines"),
];

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// Somebody: a name, a login, a mail address, an entry of a directory.
    Person,
    /// A machine.
    Machine,
    /// A machine's serial number or identifier.
    Serial,
    /// What a machine says of itself, in JSON.
    Hints,
}

/// How many of the steps are still to be taken.
///
/// # Errors
/// Those of [`check_steps`].
pub fn steps_to_take(steps: &[Step]) -> Result<usize> {
    check_steps(steps)?;
    Ok(migrate::steps().len() - steps.len())
}

impl Snapshot {
    /// A connection that sees the view: for reading what other files of this room read.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// What SQLite's own check finds wrong with the file; PostgreSQL has no such check and watches over itself.
    pub async fn complaints(&mut self) -> Result<Vec<String>> {
        if !self.sqlite {
            return Ok(Vec::new());
        }
        let rows = texts(&mut self.conn, &format!("PRAGMA quick_check({MAX_COMPLAINTS})")).await?;
        Ok(rows.into_iter().flatten().filter(|line| line != "ok").collect())
    }

    /// How many rows each table has.
    pub async fn counts(&mut self) -> Result<BTreeMap<String, u64>> {
        let mut counts = BTreeMap::new();
        for table in self.tables().await? {
            let text = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {}", super::tables::quoted(&table));
            let rows = texts(&mut self.conn, &text).await?;
            let count = rows.into_iter().flatten().next().and_then(|n| n.parse().ok());
            counts.insert(table, count.unwrap_or(0));
        }
        Ok(counts)
    }

    /// The newest moment at which this server wrote something that it dates itself.
    pub async fn newest(&mut self) -> Result<Option<Timestamp>> {
        let text = "SELECT CAST(MAX(at) AS TEXT) FROM (SELECT MAX(at_ms) AS at FROM boot_events \
                    UNION ALL SELECT MAX(at_ms) FROM audit UNION ALL SELECT MAX(last_seen_ms) FROM machines) AS moments";
        let rows = texts(&mut self.conn, text).await?;
        let ms = rows.into_iter().flatten().next().and_then(|ms| ms.parse().ok());
        Ok(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }

    /// Every name in it that is somebody's, or one machine's.
    pub async fn names(&mut self) -> Result<Vec<(Named, String)>> {
        let mut names = Vec::new();
        let there = self.tables().await?;
        for (named, text) in NAMES {
            // A database of an older version has not all of these tables yet.
            let table = text.split(" FROM ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("");
            if there.iter().any(|t| t == table) {
                names.extend(texts(&mut self.conn, text).await?.into_iter().flatten().map(|name| (named, name)));
            }
        }
        names.retain(|(_, name)| !name.is_empty());
        Ok(names)
    }
}
