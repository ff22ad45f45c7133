//! The tables as a text, for comparing.
use super::tables::{columns, connect, literal, tables, texts};
use crate::row::failed;
use socle_texts::Result;
use sqlx::{AnyConnection, Connection};

/// The tables and their columns as a text, the same for the same tables on either database: what tests compare.
pub async fn shape(url: &str) -> Result<String> {
    let (mut conn, sqlite) = connect(url).await?;
    let mut text = String::new();
    for table in tables(&mut conn, sqlite).await? {
        text += &format!("{table}\n");
        let mut columns = columns(&mut conn, sqlite, &table).await?;
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        for c in columns {
            let null = if c.nullable { "" } else { " NOT NULL" };
            let key = if c.key > 0 { format!(" KEY {}", c.key) } else { String::new() };
            text += &format!("  {} {}{null}{key}\n", c.name, if c.number { "number" } else { "text" });
        }
        for (from, to) in foreign(&mut conn, sqlite, &table).await? {
            text += &format!("  {from} -> {to}\n");
        }
        for index in indexes(&mut conn, sqlite, &table).await? {
            text += &format!("  index {index}\n");
        }
    }
    conn.close().await.map_err(failed)?;
    Ok(text)
}

async fn foreign(conn: &mut AnyConnection, sqlite: bool, table: &str) -> Result<Vec<(String, String)>> {
    let name = literal(table);
    let text = match sqlite {
        true => format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list({name})"),
        false => format!(
            "SELECT CAST(a.attname AS TEXT), CAST(f.relname AS TEXT) FROM pg_constraint c \
             JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) \
             JOIN pg_namespace n ON n.oid = r.relnamespace \
             WHERE c.contype = 'f' AND n.nspname = current_schema() AND r.relname = {name}"
        ),
    };
    let pair = |row: Vec<String>| <[String; 2]>::try_from(row).ok().map(|[from, to]| (from, to));
    let mut pairs: Vec<_> = texts(conn, &text).await?.into_iter().filter_map(pair).collect();
    pairs.sort();
    Ok(pairs)
}

/// The indexes that have a name of ours.
async fn indexes(conn: &mut AnyConnection, sqlite: bool, table: &str) -> Result<Vec<String>> {
    let name = literal(table);
    let text = match sqlite {
        true => {
            format!("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = {name} AND sql IS NOT NULL")
        }
        false => format!(
            "SELECT CAST(i.relname AS TEXT) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
             JOIN pg_class r ON r.oid = x.indrelid JOIN pg_namespace n ON n.oid = r.relnamespace \
             WHERE n.nspname = current_schema() AND r.relname = {name} \
             AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u'))"
        ),
    };
    let mut names: Vec<String> = texts(conn, &text).await?.into_iter().flatten().collect();
    names.sort();
    Ok(names)
}
