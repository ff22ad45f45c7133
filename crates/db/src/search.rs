//! Finding machines, people and units by what is remembered of them.
//!
//! Each thing has its words ([`socle_domain::search`]), kept with its unit; a query is the beginning of words. All of
//! the typed words must be found in one thing.
use crate::{
    Conn, Scope,
    many::{Cell, insert},
    row::{Read, failed},
    scope::within,
    wide,
};
use socle_domain::{UnitId, person::Person, recognise::Hints, search};
use socle_texts::Result;
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

/// Things in one answer, at most.
pub const MAX_FOUND: u32 = 100;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A machine.
    Machine,
    /// Somebody.
    Person,
    /// A unit.
    Unit,
}

impl Kind {
    /// The word of the tables and of the wire.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Machine => "machine",
            Kind::Person => "person",
            Kind::Unit => "unit",
        }
    }
}
impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(word: &str) -> std::result::Result<Self, String> {
        let kinds = [Kind::Machine, Kind::Person, Kind::Unit];
        kinds.into_iter().find(|k| k.word() == word).ok_or_else(|| format!("no kind {word:?}"))
    }
}

/// A thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its identifier.
    pub id: String,
    /// Its unit; for a unit, itself.
    pub unit: UnitId,
}

/// The words of a machine.
pub(crate) fn of_machine(name: Option<&str>, hints: &Hints) -> Vec<String> {
    let names = name.into_iter().chain(hints.product.as_deref()).flat_map(search::of_name);
    let serials = hints.serial.iter().chain(&hints.uuid).map(|text| search::folded(text));
    let all = names.chain(serials).chain(hints.macs.iter().flat_map(|mac| search::of_mac(mac)));
    all.filter(|word| !word.is_empty()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The words of somebody.
pub(crate) fn of_person(person: &Person) -> Vec<String> {
    let login = person.login.iter().chain(&person.mail).flat_map(|text| search::of_name(text));
    search::of_name(&person.name).into_iter().chain(login).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Gives a thing its words and its unit; only what differs is written.
pub(crate) async fn put(conn: &mut Conn, kind: Kind, id: &str, unit: UnitId, words: Vec<String>) -> Result<()> {
    let rows = sqlx::query("SELECT word, unit FROM search_words WHERE id = $1")
        .bind(id.to_string())
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let unit = unit.to_string();
    let mut there = BTreeSet::new();
    let mut moved = false;
    for row in &rows {
        there.insert(row.text("word")?);
        moved |= row.text("unit")? != unit;
    }
    let wanted: BTreeSet<String> = words.into_iter().collect();
    if there == wanted && !moved {
        return Ok(());
    }
    let forget = sqlx::query("DELETE FROM search_words WHERE id = $1").bind(id.to_string());
    forget.execute(&mut *conn).await.map_err(failed)?;
    write(conn, wanted.into_iter().map(|word| row(word, kind, id, &unit)).collect()).await
}

/// Gives words to many things at once.
pub(crate) async fn put_many(conn: &mut Conn, kind: Kind, things: Vec<(String, UnitId, Vec<String>)>) -> Result<()> {
    for some in things.chunks(500) {
        let holes: Vec<String> = (1..=some.len()).map(|n| format!("${n}")).collect();
        let text = format!("DELETE FROM search_words WHERE id IN ({})", holes.join(", "));
        let forget = some.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, one| query.bind(one.0.clone()));
        forget.execute(&mut *conn).await.map_err(failed)?;
    }
    let mut rows = Vec::new();
    for (id, unit, words) in things {
        let unit = unit.to_string();
        let words: BTreeSet<String> = words.into_iter().collect();
        rows.extend(words.into_iter().map(|word| row(word, kind, &id, &unit)));
    }
    write(conn, rows).await
}

fn row(word: String, kind: Kind, id: &str, unit: &str) -> Vec<Cell> {
    vec![word.into(), kind.word().into(), id.into(), unit.into()]
}

async fn write(conn: &mut Conn, rows: Vec<Vec<Cell>>) -> Result<()> {
    insert(conn, "INSERT INTO search_words (word, kind, id, unit)", "", &rows).await
}

/// What the typed words find, at most `limit` and [`MAX_FOUND`] things, by the word that found them; no words find nothing.
///
/// The rarest word is looked up; the others are asked of what it finds.
pub async fn find(conn: &mut Conn, scope: Scope, query: &str, kind: Option<Kind>, limit: u32) -> Result<Vec<Found>> {
    let typed = search::typed(query);
    let Some(first) = rarest(conn, &typed).await? else { return Ok(Vec::new()) };
    let others: Vec<&String> = typed.iter().filter(|word| *word != first).collect();
    let mut text = String::from(
        "SELECT w.kind, w.id, w.unit{tree} FROM search_words w \
         WHERE {page w} AND w.word >= $2 AND w.word < $3 AND (w.kind = $4 OR $4 = '')",
    );
    for (index, _) in others.iter().enumerate() {
        let (from, to) = (index * 2 + 6, index * 2 + 7);
        // Asked of each thing that was found, by its identifier: joined, or looked up by the word (hence the empty text), a
        // database that has not counted its rows yet would read all that begin alike.
        text.push_str(&format!(
            " AND (SELECT 1 FROM search_words o WHERE o.id = w.id AND o.word || '' >= ${from} \
             AND o.word || '' < ${to} LIMIT 1) = 1"
        ));
    }
    text.push_str(" ORDER BY w.word, w.kind, w.id LIMIT $5");
    let limit = limit.min(MAX_FOUND);
    let bind = |query: wide::Query| {
        let query = query.bind(first.clone()).bind(after(first)).bind(kind.map_or("", Kind::word));
        let query = query.bind(i64::from(limit * WORDS_OF_ONE));
        others.iter().fold(query, |query, word| query.bind(word.to_string()).bind(after(word)))
    };
    let mut rows = wide::rows(conn, scope, &text, bind).await?;
    if rows.read == (limit * WORDS_OF_ONE) as usize && rows.rows.len() < rows.read {
        // Others' took the place of what is in the scope: each is asked for before it counts.
        let query = bind(sqlx::query(within(scope, &text)).bind(scope.text()));
        rows.rows = query.fetch_all(conn).await.map_err(failed)?;
    }
    let rows = rows.rows;
    let (mut found, mut met) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        let one = Found { kind: row.parsed("kind")?, id: row.text("id")?, unit: row.parsed("unit")? };
        // Several of its words may begin alike.
        if found.len() < limit as usize && met.insert(one.id.clone()) {
            found.push(one);
        }
    }
    Ok(found)
}

/// How often one thing may be found by words that begin alike before others are missed.
const WORDS_OF_ONE: u32 = 4;
/// Above this a word is common, however much.
const COMMON: i64 = 1_000;

/// The typed word that finds least; the longest of those that find much.
async fn rarest<'t>(conn: &mut Conn, typed: &'t [String]) -> Result<Option<&'t String>> {
    if typed.len() < 2 {
        return Ok(typed.first());
    }
    let mut best: Option<(i64, &String)> = None;
    for word in typed {
        let text =
            "SELECT COUNT(*) AS n FROM (SELECT w.id FROM search_words w WHERE w.word >= $1 AND w.word < $2 LIMIT $3) c";
        let query = sqlx::query(text).bind(word.clone()).bind(after(word)).bind(COMMON);
        let n = query.fetch_one(&mut *conn).await.map_err(failed)?.number("n")?;
        if best.is_none_or(|(least, _)| n < least) {
            best = Some((n, word));
        }
    }
    Ok(best.map(|(_, word)| word))
}

/// What stands after everything that begins with `word`, byte by byte: no text of ours holds this character.
fn after(word: &str) -> String {
    format!("{word}\u{10ffff}")
}
