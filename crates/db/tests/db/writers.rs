//! Processes that write to one database beside each other: the server, and a command of the administrator's.
use crate::{made, postgresql, run};
use socle_db::{
    Db,
    audit::{self, Trail},
};
use socle_domain::{UnitId, audit::Chain};
use std::process::Command;

const ADDRESS: &str = "SOCLE_TEST_WRITERS_DATABASE";
const WRITERS: u64 = 3;
const ENTRIES: u64 = 60;

/// Each transaction goes on from the end of one chain.
async fn writes(url: &str) {
    let db = Db::url(url, made::now()).await.expect("it opens");
    for number in 0..ENTRIES {
        let trail = Trail::new(made::now(), [7; 16], audit::HOST, "", UnitId::ROOT, "rule-set");
        let word = format!("règle {number}");
        let written = trail.around(async {
            let tx = db.write().await?;
            audit::about("rule", &word, UnitId::ROOT);
            tx.commit().await
        });
        if let Err(fault) = written.await {
            panic!("entry {number} was refused: {fault}");
        }
    }
    db.close().await;
}

/// Started by the two tests below, as another process.
#[test]
fn one_writer_of_several() {
    if let Ok(url) = std::env::var(ADDRESS) {
        run(writes(&url));
    }
}

fn all_at_once(url: &str) {
    run(async { Db::url(url, made::now()).await.expect("it opens").close().await });
    let program = std::env::current_exe().expect("this program");
    let start = |_| {
        let mut command = Command::new(&program);
        command.args(["--exact", "writers::one_writer_of_several", "--nocapture"]).env(ADDRESS, url);
        command.spawn().expect("another process")
    };
    let others: Vec<_> = (0..WRITERS).map(start).collect();
    let ended: Vec<bool> = others.into_iter().map(|mut other| other.wait().expect("its end").success()).collect();
    assert!(ended.iter().all(|well| *well), "a writer was refused");
    run(async {
        let db = Db::url(url, made::now()).await.expect("it opens");
        let end = audit::check(&mut db.read().await.expect("a connection"), Chain::START).await.expect("one chain");
        assert_eq!(end.number, WRITERS * ENTRIES);
        db.close().await;
    });
}

#[test]
fn processes_write_one_chain_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    all_at_once(&format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display()));
}

#[test]
fn processes_write_one_chain_on_postgresql() {
    all_at_once(&postgresql::Cluster::start().database("writers"));
}
