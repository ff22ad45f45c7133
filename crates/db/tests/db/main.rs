//! The one SQL text, on SQLite and on a real PostgreSQL: the same cases, each on a database of its own.
mod api;
mod cases;
mod dumps;
mod fleet;
mod isolation;
mod made;
mod networks;
mod options;
mod organisation;
mod postgresql;
mod rights;
mod scale;
mod sign_in;
mod strangers;
mod writers;

use socle_db::Db;
use std::future::Future;

fn run<F: Future<Output = ()>>(case: F) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(case);
}

/// Every case, by name.
macro_rules! each_case {
    ($module:ident, $open:expr; $($case:ident),* $(,)?) => {{ $({
        println!("{}", stringify!($case));
        let db: Db = $open(stringify!($case)).await;
        $module::$case(&db).await;
        db.close().await;
    })* }};
}
macro_rules! all_cases {
    ($open:expr) => {{
        each_case!(cases, $open;
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
            boot_events_are_bounded,
            nothing_is_seen_from_another_unit,
            a_transaction_without_commit_never_was,
            many_at_once_lose_nothing,
        );
        each_case!(api, $open;
            a_key_and_its_effect_stand_together,
            a_check_is_made_inside_the_transaction,
            a_webhook_hears_of_its_unit_and_those_below,
            deliveries_wait_until_they_are_settled,
            every_webhook_has_its_turn,
        );
        each_case!(sign_in, $open;
            sessions_are_listed_and_revoked,
            a_token_ends_and_is_revoked,
            a_code_serves_once,
            a_factor_goes_with_its_secret,
            somebody_is_known_elsewhere,
            sealed_values_are_replaced_together,
        );
        each_case!(scale, $open;
            writes_that_queue_stand_together,
            a_work_that_panics_takes_nobody_else_along,
            what_a_fleet_said_is_noted_at_once,
            a_journal_is_read_in_pages,
            boot_events_are_written_together,
        );
        each_case!(rights, $open;
            a_role_holds_below_its_unit,
            an_approved_act_is_done_once,
            the_audit_trail_goes_on_and_shows_what_was_changed,
        );
        each_case!(organisation, $open;
            no_body_reads_anothers_rows,
            a_decision_holds_when_its_moment_comes,
            nothing_new_goes_into_a_closed_unit,
            a_body_decides_below_itself_only,
            a_machine_moves_and_its_past_stays,
            people_and_links_are_dated,
            facts_say_who_and_since_when,
            things_are_found_by_what_is_remembered,
        );
        each_case!(strangers, $open;
            whoever_takes_a_strangers_key_leaves_nothing_behind,
        );
        each_case!(networks, $open;
            the_narrowest_network_counts,
            nobody_draws_anothers_machines_to_himself,
            a_unit_that_ends_leaves_its_networks_to_its_heir,
        );
        each_case!(options, $open;
            settings_come_down_and_never_across,
            a_machines_settings_go_where_it_goes,
            a_secret_that_nothing_names_is_forgotten,
            a_rule_speaks_of_those_below,
            a_version_goes_its_way,
            a_draft_is_written_until_it_is_published,
        );
    }};
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

/// More trees than the cases above have time for on PostgreSQL.
#[test]
fn no_body_reads_anothers_rows_in_any_tree() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        // Among 30 units most are narrow scopes and a few are wide ones: pages are found in two ways.
        for (seed, units) in (2..10).map(|seed| (seed, 3 + seed as usize * 2)).chain([(10, 30)]) {
            let path = folder.path().join(format!("{seed}.db"));
            let db = Db::file(&path, made::now()).await.expect("a database");
            isolation::check(&db, seed, units).await;
            db.close().await;
        }
    });
}

/// 100,000 machines: see the file.
#[test]
#[ignore = "fills 100,000 machines: only when figures are wanted"]
fn fleet_on_sqlite() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::file(&folder.path().join("a.db"), made::now()).await.expect("a database");
        fleet::measured(&db, "SQLite").await;
        db.close().await;
    });
}

/// The same on PostgreSQL.
#[test]
#[ignore = "fills 100,000 machines: only when figures are wanted"]
fn fleet_on_postgresql() {
    let cluster = postgresql::Cluster::start();
    run(async {
        let db = Db::url(&cluster.database("fleet"), made::now()).await.expect("a database");
        fleet::measured(&db, "PostgreSQL").await;
        db.close().await;
    });
}
