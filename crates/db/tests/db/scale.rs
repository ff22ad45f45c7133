//! What a fleet asks of a database: many writes together, many machines in one statement, journals in pages.
use crate::made::{self, later, now, target};
use socle_db::{
    Conn, Db, Scope, boot_events,
    boot_events::BootEvent,
    journal, machines, masters, presence, runs,
    together::{Doing, Together},
};
use socle_domain::TargetId;
use socle_texts::{Fault, Result};

const ROOT: Scope = Scope::ROOT;

fn add(n: u8) -> impl for<'c> FnOnce(&'c mut Conn) -> Doing<'c, TargetId, Fault> + Send + 'static {
    move |conn: &mut Conn| {
        Box::pin(async move {
            let machine = made::machine(n);
            machines::add(conn, ROOT, &machine).await?;
            match n % 10 {
                0 => Err(Fault::new("db-name-taken").with("name", n)),
                _ => Ok(machine.id),
            }
        })
    }
}

async fn is_there(db: &Db, n: u8) -> bool {
    let mut conn = db.read().await.unwrap();
    machines::by_id(&mut conn, ROOT, target(n)).await.unwrap().is_some()
}

pub async fn writes_that_queue_stand_together(db: &Db) {
    let together = Together::start(db.clone());
    // The writer is busy while they come: they queue.
    let busy = db.write().await.unwrap();
    let waiting: Vec<_> = (1..=100_u8)
        .map(|n| {
            let together = together.clone();
            tokio::spawn(async move { together.write(add(n)).await })
        })
        .collect();
    while together.waiting() < 99 {
        tokio::task::yield_now().await;
    }
    drop(busy);
    for (n, answer) in (1..=100_u8).zip(waiting) {
        let answer: Result<TargetId> = answer.await.unwrap();
        match n % 10 {
            0 => assert!(answer.unwrap_err().is("db-name-taken"), "{n}: its own fault"),
            _ => assert_eq!(answer.unwrap(), target(n)),
        }
        // What was answered is committed: another connection sees it. What failed was undone, alone.
        assert_eq!(is_there(db, n).await, n % 10 != 0, "{n}");
    }
    let (works, commits) = together.counts();
    assert_eq!(works, 100);
    assert!(commits < 100, "{commits} transactions for a hundred works are not together");
}

pub async fn a_work_that_panics_takes_nobody_else_along(db: &Db) {
    let together = Together::start(db.clone());
    let broken = together.write::<(), Fault, _>(|_| Box::pin(async { panic!("a test's") })).await;
    assert!(broken.unwrap_err().is("db-failed"));
    assert_eq!(together.write(add(1)).await.unwrap(), target(1));
    assert!(is_there(db, 1).await);
}

pub async fn what_a_fleet_said_is_noted_at_once(db: &Db) {
    let mut tx = db.write().await.unwrap();
    for n in 1..=40 {
        machines::add(&mut tx, ROOT, &made::machine(n)).await.unwrap();
    }
    let said: Vec<_> = (1..=40).map(|n| (target(n), later(i64::from(n)))).collect();
    presence::spoke(&mut tx, &said).await.unwrap();
    // Of a machine that nobody knows, and of a moment that has passed, nothing is noted.
    presence::spoke(&mut tx, &[(target(200), later(99)), (target(7), now())]).await.unwrap();
    presence::spoke(&mut tx, &[]).await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    for n in 1..=40 {
        let machine = machines::by_id(&mut conn, ROOT, target(n)).await.unwrap().unwrap();
        assert_eq!(machine.last_seen, later(i64::from(n)));
    }
    assert_eq!(machines::by_id(&mut conn, ROOT, target(200)).await.unwrap(), None);
}

pub async fn a_journal_is_read_in_pages(db: &Db) {
    let (run, entries) = (made::run_id(1), made::entries(1, target(1), 25, "a"));
    let mut tx = db.write().await.unwrap();
    let (signed, master) = made::master("1");
    machines::add(&mut tx, ROOT, &made::machine(1)).await.unwrap();
    masters::add(&mut tx, ROOT, &signed, &master, now()).await.unwrap();
    let mut row = made::run(1, target(1), signed.digest());
    runs::add(&mut tx, ROOT, &row).await.unwrap();
    for (number, entry) in (1..).zip(&entries) {
        journal::add(&mut tx, ROOT, run, number, entry, now()).await.unwrap();
    }
    row.journal_bytes = 12_345;
    runs::stands(&mut tx, ROOT, &row).await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    let mut read = Vec::new();
    while let page = journal::page(&mut conn, ROOT, run, read.len() as u64, 10).await.unwrap()
        && !page.is_empty()
    {
        assert!(page.len() <= 10);
        read.extend(page);
    }
    assert_eq!(read, entries);
    assert_eq!(journal::page(&mut conn, ROOT, run, u64::MAX, 10).await.unwrap(), []);
    assert_eq!(runs::by_id(&mut conn, ROOT, run).await.unwrap().unwrap().journal_bytes, 12_345);
    assert_eq!(runs::last_of(&mut conn, ROOT, target(1)).await.unwrap(), Some(run));
    assert_eq!(runs::last_of(&mut conn, ROOT, target(2)).await.unwrap(), None);
    assert_eq!(presence::with_open_runs(&mut conn).await.unwrap(), [target(1)]);
}

pub async fn boot_events_are_written_together(db: &Db) {
    let event = |n: i64| BootEvent { at: later(n), who: format!("{n}"), service: "dhcp".into(), what: "é".into() };
    let mut tx = db.write().await.unwrap();
    boot_events::add(&mut tx, ROOT, &event(0)).await.unwrap();
    boot_events::add_all(&mut tx, ROOT, &(1..=700).map(event).collect::<Vec<_>>()).await.unwrap();
    boot_events::add_all(&mut tx, ROOT, &(701..=2_500).map(event).collect::<Vec<_>>()).await.unwrap();
    boot_events::add_all(&mut tx, ROOT, &[]).await.unwrap();
    tx.commit().await.unwrap();
    let kept = boot_events::newest(&mut db.read().await.unwrap(), ROOT, 10_000).await.unwrap();
    assert_eq!(kept.len() as i64, boot_events::KEPT, "the oldest have gone");
    assert_eq!(kept.first(), Some(&event(2_500)));
    assert_eq!(kept.last(), Some(&event(501)));
}
