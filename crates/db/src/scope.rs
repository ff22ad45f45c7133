//! Whose objects a query may touch.
//!
//! A scope is a unit and those below it. Every query names one, and no text of SQL in this room filters by unit in
//! another way than by the four marks of [`within`]:
//!
//! * `{of TABLE}`: the row of `TABLE` is in the scope; for rows found by their own key;
//! * `{in TABLE}`: the same, for lists: the units of the scope first, then their rows;
//! * `{page TABLE}`: the same, for a page of rows in an order that an index keeps: a narrow scope's units first, a wide
//!   one asked of each row ([`crate::wide`]);
//! * `{seen TABLE}`: in the scope, or offered to it: of a unit above it. Read only.
//!
//! In each of them the scope's unit is the parameter `$1`.
use crate::{
    Conn,
    row::{Read, failed},
    wide,
};
use socle_domain::UnitId;
use socle_texts::{Fault, Result};
use sqlx::AssertSqlSafe;

/// A unit and those below it, closed ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope(UnitId);

impl Scope {
    /// The scope of a unit.
    pub fn of(unit: UnitId) -> Self {
        Scope(unit)
    }
    /// The whole organisation: what the server's own loops see.
    pub const ROOT: Scope = Scope(UnitId::ROOT);

    /// The unit.
    pub fn unit(self) -> UnitId {
        self.0
    }
    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }

    /// Whether a unit is in it.
    pub async fn holds(self, conn: &mut Conn, unit: UnitId) -> Result<bool> {
        let row = sqlx::query("SELECT depth FROM unit_tree WHERE ancestor = $1 AND unit = $2")
            .bind(self.text())
            .bind(unit.to_string())
            .fetch_optional(conn)
            .await
            .map_err(failed)?;
        Ok(row.is_some())
    }

    /// Refuses what is to be written for a unit outside.
    ///
    /// # Errors
    /// `db-unit-outside`, whether the unit exists or not.
    pub(crate) async fn check(self, conn: &mut Conn, unit: UnitId) -> Result<()> {
        match self.holds(conn, unit).await? {
            true => Ok(()),
            false => Err(Scope::outside(unit)),
        }
    }
    pub(crate) fn outside(unit: UnitId) -> Fault {
        Fault::new("db-unit-outside").with("unit", unit.to_string())
    }

    /// Refuses to put something new into a unit that is outside, or closed.
    ///
    /// # Errors
    /// `db-unit-outside`, `db-unit-closed`.
    pub async fn check_open(self, conn: &mut Conn, unit: UnitId) -> Result<()> {
        self.check(conn, unit).await?;
        let row = sqlx::query("SELECT name, ended_ms FROM units WHERE id = $1 AND ended_ms IS NOT NULL")
            .bind(unit.to_string())
            .fetch_optional(conn)
            .await
            .map_err(failed)?;
        match row {
            None => Ok(()),
            Some(row) => Err(Fault::new("db-unit-closed").with("unit", row.text("name")?)),
        }
    }
}

/// What is offered to a unit: what belongs to it or to a unit above it. Read only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered(UnitId);

impl Offered {
    /// What is offered to a unit.
    pub fn to(unit: UnitId) -> Self {
        Offered(unit)
    }
    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }
    /// The query with each `{to TABLE}` resolved: the row belongs to the unit `$1` or to one above it.
    pub(crate) fn sql(self, text: &str) -> AssertSqlSafe<String> {
        let to = |table: &str| format!("{table}.unit IN (SELECT ancestor FROM unit_tree WHERE unit = $1)");
        AssertSqlSafe(replaced(text, "to", to))
    }
}

/// The query with each mark resolved. Only our own constants come in: the scope's unit stays a parameter.
pub(crate) fn within(scope: Scope, text: &str) -> AssertSqlSafe<String> {
    // Every unit is below the root: for it there is nothing to ask. The parameter stays where it was.
    let everything = scope.0 == UnitId::ROOT;
    let all = |_: &str| "$1 <> ''".to_string();
    // A value and no EXISTS, so that no planner makes a join of it and begins with the units: it is one look into the
    // primary key of `unit_tree`, for a row that was found already.
    let of = |table: &str| format!("(SELECT 1 FROM unit_tree s WHERE s.ancestor = $1 AND s.unit = {table}.unit) = 1");
    let lists = |table: &str| format!("{table}.unit IN (SELECT unit FROM unit_tree WHERE ancestor = $1)");
    let seen = |table: &str| {
        format!(
            "EXISTS (SELECT 1 FROM unit_tree s WHERE (s.ancestor = $1 AND s.unit = {table}.unit) \
             OR (s.unit = $1 AND s.ancestor = {table}.unit))"
        )
    };
    let marks: [(&str, &dyn Fn(&str) -> String); 4] =
        [("of", &of), ("in", &lists), ("page", if wide::is(scope.0) { &of } else { &lists }), ("seen", &seen)];
    let resolve = |text: String, (word, make): (&str, &dyn Fn(&str) -> String)| {
        if everything { replaced(&text, word, all) } else { replaced(&text, word, make) }
    };
    AssertSqlSafe(marks.into_iter().fold(text.replace("{tree}", ""), resolve))
}

/// The query without its scope, telling where `{tree}` stands of which tree it was asked: for [`wide`] alone, which tells
/// apart itself what is in the scope.
pub(crate) fn unbound(text: &str) -> AssertSqlSafe<String> {
    let text = text.replace("{tree}", ", (SELECT digest FROM unit_tree_digest) AS tree");
    AssertSqlSafe(["of", "page"].into_iter().fold(text, |text, word| replaced(&text, word, |_| "$1 <> ''".to_string())))
}

/// Each `{word TABLE}` replaced by what `make` says of its table.
fn replaced(text: &str, word: &str, make: impl Fn(&str) -> String) -> String {
    let mark = format!("{{{word} ");
    let mut out = String::with_capacity(text.len() + 128);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(&mark) {
        let (table, following) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&make(table));
        rest = following;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn marks_become_conditions() {
        let text = "SELECT * FROM runs WHERE {of runs} AND id = $2";
        assert_eq!(within(Scope::ROOT, text).0, "SELECT * FROM runs WHERE $1 <> '' AND id = $2");
        let body = Scope::of(UnitId(Uuid::from_u128(7)));
        assert_eq!(
            within(body, text).0,
            "SELECT * FROM runs WHERE (SELECT 1 FROM unit_tree s WHERE s.ancestor = $1 AND s.unit = runs.unit) = 1 \
             AND id = $2"
        );
        // Of this unit nothing was counted: it is narrow.
        assert_eq!(within(body, "{page a}").0, within(body, "{in a}").0);
        assert_eq!(
            within(body, "{in a} {in b}").0,
            "a.unit IN (SELECT unit FROM unit_tree WHERE ancestor = $1) \
             b.unit IN (SELECT unit FROM unit_tree WHERE ancestor = $1)"
        );
    }
}
