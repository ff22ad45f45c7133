//! Orders to start the boot environment once, as an installed agent and its firmware answer them; and waking.
use crate::{
    fake::{Machine, Trouble},
    house::House,
};
use socle_domain::{
    keys::server_key,
    order::{Act, BootFrom, accept},
    sign::Signer,
};
use socle_texts::Fault;
use socle_wire::{
    agent::{Welcome, Where},
    boot_once::{BootOnceReport, BootOnceView, OrderBootOnce, Wake, WakeView},
    presence::{Heartbeat, Pace},
};

/// A machine that is installed, recognised and at peace.
struct Installed {
    house: House,
    machine: Machine,
    path: String,
}

impl Installed {
    fn new() -> Installed {
        let house = House::new();
        let mut machine = Machine::new(&house.agents(), house.pin, 1);
        machine.hello().unwrap();
        let id = house.accept("pc-1").id;
        machine.place = Where::Installed;
        machine.known();
        Installed { house, machine, path: format!("/api/v1/machines/{id}/boot-once") }
    }
    fn order(&self, from: BootFrom) -> BootOnceView {
        self.house.post(&self.path, &OrderBootOnce { from })
    }
    fn pace(&self) -> Pace {
        self.machine.post("/agent/v1/presence/heartbeat", &Heartbeat {}).unwrap()
    }
    /// The newest order, as it stands.
    fn newest(&self) -> BootOnceView {
        self.house.all::<BootOnceView>(&self.path).remove(0)
    }
    fn report(&self, number: u64, report: &BootOnceReport) {
        let path = format!("/agent/v1/boot-once/{number}");
        match self.machine.post::<serde_json::Value>(&path, report) {
            // An empty answer is none of JSON.
            Err(Trouble::Silent(_)) | Ok(_) => {}
            Err(Trouble::Refused(fault)) => panic!("{fault}"),
        }
    }
}

#[test]
fn an_installed_machine_is_told_takes_it_once_and_comes() {
    let mut i = Installed::new();
    assert!(!i.pace().start);
    assert_eq!(i.machine.orders(0, 0).unwrap().orders, []);
    let given = i.order(BootFrom::Network);
    assert_eq!((given.state.as_str(), given.from), ("ordered", BootFrom::Network));
    assert!(i.pace().start, "its next word tells it");
    let orders = i.machine.orders(0, 0).unwrap().orders;
    let known = i.machine.known();
    let content = i.house.content().public();
    let key = i.machine.key.public();
    let read = |last| accept(&orders[0], &content, &known.delegation, known.target, &key, last, i.house.now());
    let order = read(0).unwrap();
    assert_eq!((order.number, &order.act), (given.number, &Act::BootOnce { from: BootFrom::Network }));
    assert!(read(given.number).unwrap_err().is("domain-order-replayed"));
    assert!(server_key(&content, &known.delegation).is_ok());

    i.report(given.number, &BootOnceReport::Armed { entry: 3 });
    assert_eq!(i.newest().state, "armed");
    assert_eq!(i.machine.orders(0, 0).unwrap().orders, [], "told once");
    i.machine.place = Where::Boot;
    i.machine.known();
    assert_eq!(i.newest().state, "came");
    assert!(i.machine.orders(0, 0).unwrap().go_local, "and goes home, for it has no work");
    i.machine.place = Where::Installed;
    i.machine.known();
    assert_eq!((i.newest().state.as_str(), i.pace().start), ("came", false), "once");
}

#[test]
fn a_firmware_that_does_not_do_it_and_a_machine_that_can_not_are_said() {
    let mut i = Installed::new();
    let first = i.order(BootFrom::Network);
    i.report(first.number, &BootOnceReport::Armed { entry: 3 });
    // The system that goes down may still speak.
    i.house.later(2);
    i.machine.known();
    assert_eq!(i.newest().state, "armed");
    i.house.later(60);
    i.machine.known();
    let told = i.newest();
    assert_eq!(told.state, "did-not-come");
    assert!(told.fault.unwrap().is("server-boot-once-not-honoured"));
    assert!(!i.pace().start, "and is not tried again by itself");

    let second = i.order(BootFrom::Network);
    assert!(second.number > first.number);
    i.report(second.number, &BootOnceReport::Refused { fault: Fault::new("agent-boot-once-no-efi") });
    let told = i.newest();
    assert_eq!((told.state.as_str(), told.fault.unwrap().code.as_ref()), ("refused", "agent-boot-once-no-efi"));
    assert!(matches!(i.machine.hello().unwrap(), Welcome::Known(_)));

    // Two in a row: the one before has no purpose any more. And nobody takes one of yesterday.
    let (third, fourth) = (i.order(BootFrom::Network), i.order(BootFrom::Network));
    let all: Vec<BootOnceView> = i.house.all(&i.path);
    let state = |n: u64| all.iter().find(|one| one.number == n).unwrap().state.clone();
    assert_eq!((state(third.number).as_str(), state(fourth.number).as_str()), ("withdrawn", "ordered"));
    i.house.later(2 * 3600);
    assert_eq!(i.machine.orders(0, 0).unwrap().orders, []);
    assert_eq!(i.newest().state, "expired");
}

#[test]
fn it_is_asked_of_installed_machines_by_whoever_may() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let id = house.machines()[0].id;
    let path = format!("/api/v1/machines/{id}/boot-once");
    let network = OrderBootOnce { from: BootFrom::Network };
    assert_eq!(house.refused(&path, &network), (409, "server-not-recognised".into()));
    house.accept("pc-1");
    machine.known();
    assert_eq!(house.refused(&path, &network), (409, "server-boot-once-no-agent".into()));
    machine.place = Where::Installed;
    machine.known();
    // No environment is served here: found now, and not by the machine.
    assert_eq!(house.refused(&path, &OrderBootOnce::default()), (409, "server-environment-missing".into()));
    assert_eq!(
        machine.post::<serde_json::Value>("/agent/v1/boot-once/1", &()).unwrap_err().code(),
        "server-message-unreadable"
    );
    assert_eq!(
        machine.get::<serde_json::Value>("/agent/v1/environment/vmlinuz").unwrap_err().code(),
        "server-environment-missing"
    );
}

#[test]
fn a_machine_is_woken_and_its_own_word_is_waited_for() {
    let mut config = socle_server::Config::default();
    config.boot.interface = Some("lo".into());
    let house = House::with(config);
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let id = house.accept("pc-1").id;
    machine.known();
    let path = format!("/api/v1/machines/{id}/wake");
    house.later(60);
    let silent: WakeView = house.post(&path, &Wake { wait_seconds: 1 });
    assert_eq!((silent.interface.as_str(), silent.spoke_from, silent.after_seconds), ("lo", None, None));
    assert_eq!(silent.sent_to, ["52:54:00:00:00:01"]);
    // It comes while one waits.
    std::thread::scope(|threads| {
        threads.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(700));
            house.later(1);
            machine.place = Where::Installed;
            machine.known();
        });
        let came: WakeView = house.post(&path, &Wake { wait_seconds: 20 });
        assert_eq!(came.spoke_from.as_deref(), Some("installed"));
        assert!(came.after_seconds.unwrap() < 20);
    });
}
