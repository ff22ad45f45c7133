//! Upgrades, and databases that move: from version 0.1.0 to today, from SQLite to PostgreSQL and back.
use crate::{made, postgresql, run};
use socle_db::{
    Db, Scope,
    dump::{self, Loading, Snapshot, Step},
    journal, machines,
};
use std::{collections::BTreeMap, path::Path};

const OLD: &str = include_str!("old/socle-0.1.0.sql");

/// A text of a whole database: table by table, its rows in order.
type Text = BTreeMap<String, Vec<String>>;

async fn text(mut snapshot: Snapshot) -> (Vec<Step>, Text) {
    let steps = snapshot.steps().await.unwrap();
    let mut all = Text::new();
    for table in snapshot.tables().await.unwrap() {
        let mut lines: Vec<String> = Vec::new();
        let take = |piece: Vec<u8>| {
            lines.extend(String::from_utf8(piece).unwrap().lines().map(str::to_string));
            Ok(())
        };
        snapshot.pieces(&table, take).await.unwrap();
        let head = lines.first().cloned().unwrap();
        lines.retain(|l| *l != head);
        lines.sort();
        lines.insert(0, head);
        all.insert(table, lines);
    }
    snapshot.end().await.unwrap();
    (steps, all)
}

async fn load(mut loading: Loading, text: &Text) -> socle_texts::Result<()> {
    for (table, lines) in text {
        loading.piece(table, lines.join("\n").as_bytes()).await?;
    }
    loading.commit().await
}

/// A file as version 0.1.0 left it.
async fn old_file(path: &Path) {
    use sqlx::Connection;
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut conn = sqlx::AnyConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(OLD).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

fn url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}

async fn shape(url: &str) -> String {
    dump::shape(url).await.unwrap()
}

#[test]
fn the_previous_version_migrates_and_loses_nothing() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let (old, fresh) = (folder.path().join("old.db"), folder.path().join("fresh.db"));
        old_file(&old).await;
        let (steps, before) = text(Snapshot::file(&old).await.unwrap()).await;
        assert_eq!(steps.len(), 1, "0.1.0 had one step");
        let db = Db::file(&old, made::now()).await.unwrap();
        // Every run's journal reads as the machines signed it.
        let mut conn = db.read().await.unwrap();
        let known = machines_of(&mut conn).await;
        assert_eq!(known, 4);
        let mut entries = 0;
        for line in &before["runs"][1..] {
            let id = line.trim_start_matches("[\"").split('"').next().unwrap().parse().unwrap();
            entries += journal::of_run(&mut conn, Scope::ROOT, id).await.unwrap().len();
        }
        assert_eq!(entries, before["journal"].len() - 1);
        drop(conn);
        db.close().await;
        let (_, after) = text(Snapshot::file(&old).await.unwrap()).await;
        for (table, lines) in &before {
            if table != "migrations" && table != "units" {
                assert!(after[table].len() >= lines.len(), "{table} lost rows");
            }
        }
        Db::file(&fresh, made::now()).await.unwrap().close().await;
        assert_eq!(shape(&url(&old)).await, shape(&url(&fresh)).await, "migrated and fresh differ");
        // Again: nothing is left to do.
        Db::file(&old, made::now()).await.unwrap().close().await;
    });
}

async fn machines_of(conn: &mut socle_db::Conn) -> usize {
    use sqlx::Row;
    let row = sqlx::query("SELECT COUNT(*) FROM machines").fetch_one(conn).await.unwrap();
    let _ = machines::State::Known;
    usize::try_from(row.get::<i64, _>(0)).unwrap()
}

#[test]
fn both_databases_have_the_same_tables_and_exchange_their_rows() {
    let cluster = postgresql::Cluster::start();
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old.db");
        old_file(&old).await;
        let (steps, before) = text(Snapshot::file(&old).await.unwrap()).await;
        // The text of 0.1.0 becomes a PostgreSQL of 0.1.0, which migrates.
        let moved = cluster.database("moved");
        load(Loading::url(&moved, &steps, "").await.unwrap(), &before).await.unwrap();
        Db::url(&moved, made::now()).await.unwrap().close().await;
        let fresh = cluster.database("fresh");
        Db::url(&fresh, made::now()).await.unwrap().close().await;
        assert_eq!(shape(&moved).await, shape(&fresh).await, "migrated and fresh differ on PostgreSQL");
        // The same file, migrated as SQLite: the same tables, and the same rows but for moments of the migration.
        Db::file(&old, made::now()).await.unwrap().close().await;
        assert_eq!(shape(&url(&old)).await, shape(&moved).await, "left: SQLite; right: PostgreSQL");
        let (steps, there) = text(Snapshot::url(&moved).await.unwrap()).await;
        let back = folder.path().join("back.db");
        load(Loading::file(&back, &steps).await.unwrap(), &there).await.unwrap();
        let (_, again) = text(Snapshot::file(&back).await.unwrap()).await;
        assert_eq!(again, there, "PostgreSQL to SQLite");
        let (_, own) = text(Snapshot::file(&old).await.unwrap()).await;
        let heads = |text: &Text| text.iter().map(|(t, l)| (t.clone(), l.len())).collect::<Vec<_>>();
        assert_eq!(heads(&own), heads(&there));
        Db::file(&back, made::now()).await.unwrap().close().await;
    });
}

#[test]
fn what_does_not_fit_never_stands() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old.db");
        old_file(&old).await;
        let (steps, whole) = text(Snapshot::file(&old).await.unwrap()).await;
        let path = |name: &str| folder.path().join(name);
        let refused = |result: socle_texts::Result<Loading>| result.err().map(|f| f.code.to_string());
        let many: Vec<Step> = (0..99).map(|n| Step { number: n, ..steps[0].clone() }).collect();
        assert_eq!(refused(Loading::file(&path("a.db"), &many).await).as_deref(), Some("db-newer"));
        let other = [Step { digest: "00".into(), ..steps[0].clone() }];
        assert_eq!(refused(Loading::file(&path("b.db"), &other).await).as_deref(), Some("db-migration-changed"));
        assert_eq!(refused(Loading::file(&old, &steps).await).as_deref(), Some("db-not-empty"));
        let check = async |name: &str, change: &dyn Fn(&mut Text)| {
            let mut text = whole.clone();
            change(&mut text);
            let loading = Loading::file(&path(name), &steps).await.unwrap();
            let fault = load(loading, &text).await.unwrap_err();
            assert!(fault.is("db-dump-wrong"), "{name}: {fault}");
            assert!(Snapshot::file(&path(name)).await.unwrap().tables().await.unwrap().is_empty(), "{name} stands");
        };
        check("column.db", &|t| t.get_mut("machines").unwrap()[0] = "[\"nothing\"]".into()).await;
        check("row.db", &|t| t.get_mut("machines").unwrap()[1] = "[1]".into()).await;
        check("json.db", &|t| t.get_mut("machines").unwrap()[1] = "[".into()).await;
        check("table.db", &|t| drop(t.insert("nothing".into(), vec!["[\"a\"]".into(), "[1]".into()]))).await;
        check("orphan.db", &|t| t.get_mut("machines").unwrap().truncate(1)).await;
    });
}

#[test]
fn a_snapshot_does_not_see_what_is_written_beside_it() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let db = Db::file(&path, made::now()).await.unwrap();
        let snapshot = Snapshot::file(&path).await.unwrap();
        let mut tx = db.write().await.unwrap();
        machines::add(&mut tx, Scope::ROOT, &made::machine(1)).await.unwrap();
        tx.commit().await.unwrap();
        let (_, seen) = text(snapshot).await;
        assert_eq!(seen["machines"].len(), 1, "the names of the columns alone");
        let (_, seen) = text(Snapshot::file(&path).await.unwrap()).await;
        assert_eq!(seen["machines"].len(), 2);
        db.close().await;
    });
}
