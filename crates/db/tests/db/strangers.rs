//! A known machine goes on with the key of the stranger that it has become.
use crate::made::{Key, later, machine, now, target};
use socle_db::{
    Conn, Db, Scope, announced, boot_once, links,
    machines::{self, State},
    settings,
    tpms::{self, Tpm},
    wizard,
};
use socle_domain::{
    Digest, LinkId, TargetId, UnitId,
    keys::Enrolment,
    link::{Link, LinkKind},
    order::{Act, BootFrom, Order},
    recognise::Announced,
    resolve::{Setting, Source},
    sign::{Signed, Signer},
};
use uuid::Uuid;

const ROOT: Scope = Scope::ROOT;

/// Every table that names a machine: what became of its rows is said below. Whoever adds one adds it here.
const TABLES: &[&str] = &[
    "announced",
    "boot_once",
    "facts",
    "former_keys",
    "hints",
    "links",
    "machine_settings",
    "machine_tpms",
    "machine_units",
    "seats",
];

pub async fn whoever_takes_a_strangers_key_leaves_nothing_behind(db: &Db) {
    let (old, new) = (target(1), target(2));
    let mut tx = db.write().await.unwrap();
    let mut known = machine(1);
    (known.state, known.name) = (State::Known, Some("poste-01".into()));
    let word = |machine: u8| {
        let key = Key::new(machine).public();
        let said = Enrolment { target: old, unit: UnitId::ROOT, machine: key, at: now(), by: "person".into() };
        Signed::new(&said, &Key::new(201))
    };
    known.enrolment = Some(word(1));
    let stranger = machine(2);
    for one in [&known, &stranger] {
        machines::add(&mut tx, ROOT, one).await.unwrap();
    }
    socle_db::facts::say(&mut tx, ROOT, new, "wall_socket", Some(&"B12".into()), "zoé", now()).await.unwrap();
    let announced = Announced { name: "neuf".into(), unit: UnitId::ROOT, mac: None, serial: None, uuid: None };
    announced::put(&mut tx, ROOT, &announced).await.unwrap();
    tpms::bind(&mut tx, new, &Tpm { ek: Digest::of(b"ek"), ak: "00".into(), since: now() }).await.unwrap();
    for (machine, value) in [(old, "kept"), (new, "lost")] {
        let setting = Setting {
            source: Source::Machine { machine },
            option: "lang".into(),
            value: Some(value.into()),
            narrows: None,
            by: "zoé".into(),
            at: now(),
        };
        settings::put_for_machine(&mut tx, ROOT, machine, &setting).await.unwrap();
    }
    let link = Link {
        id: LinkId(Uuid::from_u128(7)),
        unit: UnitId::ROOT,
        kind: LinkKind::Seat,
        person: None,
        machine: Some(new),
        from: now(),
        until: None,
        by: "zoé".into(),
    };
    links::add(&mut tx, ROOT, &link).await.unwrap();
    wizard::take_seat(&mut tx, ROOT, UnitId::ROOT, new, Some("12")).await.unwrap();
    let order = Order {
        target: new,
        machine: stranger.key,
        number: 1,
        issued: now(),
        expires: later(60),
        act: Act::BootOnce { from: BootFrom::Network },
    };
    let order = boot_once::Ordered {
        machine: new,
        number: 1,
        unit: UnitId::ROOT,
        from: BootFrom::Network,
        signed: Signed::new(&order, &Key::new(201)),
        ordered: now(),
        expires: later(60),
        state: boot_once::State::Ordered,
        since: now(),
        fault: None,
    };
    boot_once::give(&mut tx, &order).await.unwrap();
    // What no way of today leads to, and no row may stand in the way of.
    for text in [
        "UPDATE announced SET used_by = $1",
        "INSERT INTO former_keys (machine, machine_key, enrolment, until_ms) VALUES ($1, 'x', '{}', 0)",
    ] {
        sqlx::query(text).bind(new.to_string()).execute(&mut *tx).await.unwrap();
    }
    for table in TABLES {
        assert!(rows(&mut tx, table, new).await > 0, "{table} is not tried");
    }
    tpms::succeed(&mut tx, &known, &stranger, &word(2), later(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut conn = db.read().await.unwrap();
    for table in TABLES {
        assert_eq!(rows(&mut conn, table, new).await, 0, "{table} still names the stranger");
    }
    assert!(machines::by_id(&mut conn, ROOT, new).await.unwrap().is_none());
    let after = machines::by_id(&mut conn, ROOT, old).await.unwrap().unwrap();
    assert_eq!((after.key, after.name.as_deref()), (stranger.key, Some("poste-01")));
    let settings = settings::of_machine(&mut conn, ROOT, old).await.unwrap();
    assert_eq!(settings.iter().map(|s| s.value.clone()).collect::<Vec<_>>(), [Some("kept".into())]);
    let links = links::of_machine(&mut conn, ROOT, old).await.unwrap();
    assert_eq!(links, [Link { machine: Some(old), ..link }], "who sits at it still sits at it");
    assert!(tpms::former(&mut conn, old, &known.key).await.unwrap().is_some());
}

async fn rows(conn: &mut Conn, table: &str, machine: TargetId) -> i64 {
    use sqlx::Row;
    let column = if table == "announced" { "used_by" } else { "machine" };
    let text = format!("SELECT COUNT(*) FROM {table} WHERE {column} = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(text)).bind(machine.to_string()).fetch_one(conn).await.unwrap();
    row.get(0)
}

/// Whoever adds a table that names machines says above what becomes of a stranger's rows in it.
#[test]
fn every_table_that_names_a_machine_is_tried() {
    crate::run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Db::file(&path, now()).await.unwrap().close().await;
        let shape = socle_db::dump::shape(&format!("sqlite://{}", path.display())).await.unwrap();
        let mut naming = Vec::new();
        let mut table = "";
        for line in shape.lines() {
            if !line.starts_with(' ') {
                table = line;
            } else if line.ends_with("-> machines") {
                naming.push(table);
            }
        }
        assert_eq!(naming, TABLES);
    });
}
