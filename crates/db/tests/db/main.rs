//! The one SQL text, on SQLite and on a real PostgreSQL: the same cases, each on a database of its own.
mod cases;
mod made;
mod postgresql;

use socle_db::Db;
use std::future::Future;

fn run<F: Future<Output = ()>>(case: F) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(case);
}

/// Every case, by name.
macro_rules! each_case {
    ($open:expr; $($case:ident),* $(,)?) => {{ $({
        println!("{}", stringify!($case));
        let db: Db = $open(stringify!($case)).await;
        cases::$case(&db).await;
        db.close().await;
    })* }};
}
macro_rules! all_cases {
    ($open:expr) => {
        each_case!($open;
            a_journal_only_grows,
            a_machine_is_its_key,
            a_hint_finds_machines,
            a_name_is_given_once,
            announced_machines_come_once,
            rules_are_tried_by_name,
            a_master_never_changes,
            an_image_keeps_its_release,
            orders_are_numbered_for_each_target,
            one_run_is_open_for_a_target,
            a_session_ends,
            a_link_serves_once,
            a_token_is_found_by_its_digest,
            boot_events_are_bounded,
            nothing_is_seen_from_another_unit,
            a_transaction_without_commit_never_was,
            many_at_once_lose_nothing,
        )
    };
}

#[test]
fn on_sqlite() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |name: &'static str| {
            let path = folder.path().join(format!("été {name}.db")); // a space and an accent: the path is escaped
            async move { Db::file(&path, made::now()).await.expect("a database") }
        };
        all_cases!(open)
    });
}

#[test]
fn on_postgresql() {
    let cluster = postgresql::Cluster::start();
    run(async {
        let open = |name: &'static str| {
            let url = cluster.database(name);
            async move { Db::url(&url, made::now()).await.expect("a database") }
        };
        all_cases!(open)
    });
}

#[test]
fn a_database_is_opened_again_and_a_newer_one_is_refused() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        for _ in 0..2 {
            Db::file(&path, made::now()).await.expect("it opens").close().await;
        }
        let db = Db::file(&path, made::now()).await.expect("it opens");
        let mut tx = db.write().await.expect("a transaction");
        let add = "INSERT INTO migrations (number, name, digest, at_ms) VALUES (99, 'later', 'x', 0)";
        sqlx::query(add).execute(&mut *tx).await.expect("a row");
        tx.commit().await.expect("a commit");
        db.close().await;
        let Err(fault) = Db::file(&path, made::now()).await else { panic!("a newer database was opened") };
        assert!(fault.is("db-newer"), "{fault}");
    });
}

#[test]
fn commits_reach_the_disk() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::file(&folder.path().join("a.db"), made::now()).await.expect("it opens");
        let mut tx = db.write().await.expect("a transaction");
        let ask = async |conn: &mut socle_db::Conn, what: &'static str| -> String {
            use sqlx::Row;
            let row = sqlx::query(what).fetch_one(conn).await.expect("an answer");
            row.try_get::<String, _>(0).unwrap_or_else(|_| row.get::<i64, _>(0).to_string())
        };
        assert_eq!(ask(&mut tx, "PRAGMA journal_mode").await, "wal");
        assert_eq!(ask(&mut tx, "PRAGMA synchronous").await, "2", "2 is FULL");
        assert_eq!(ask(&mut tx, "PRAGMA foreign_keys").await, "1");
    });
}
