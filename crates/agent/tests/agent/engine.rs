//! The engine: conditions, time-outs, retries, exit codes, orders that come meanwhile.
use crate::kit::{House, Setting, Wish, carry_out, carry_out_with_cuts};
use socle_agent::run::End;
use socle_domain::{journal::Event, order::Act, sequence::RebootInto, sign::Signer, target::TargetKind};
use std::{
    fs,
    sync::atomic::Ordering,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

/// Waits until the server's journal holds such an event.
pub fn wait_for(house: &House, event: &str) {
    let begin = Instant::now();
    while !house.events().iter().any(|e| e == event || e.ends_with(&format!(":{event}"))) {
        assert!(begin.elapsed() < Duration::from_secs(30), "no {event} among {:?}", house.events());
        sleep(Duration::from_millis(20));
    }
}

fn script(id: &str, text: &str, more: &str) -> String {
    format!("[[step]]\nid = \"{id}\"\nkind = \"run-script\"\nplace = \"boot\"\n{more}\nscript = '''\n{text}\n'''\n")
}

fn boot() -> Setting {
    let mut setting = Setting::boot(vec![]);
    setting.facts.set("memory_bytes", 1u64 << 30);
    setting.facts.set("firmware", "uefi");
    setting.facts.set("power", "battery");
    setting
}

fn check(steps: &str, expect: &[&str]) -> House {
    let house = House::new();
    house.start(&Wish::new(TargetKind::Machine, steps));
    let end = carry_out(&house, &boot()).unwrap();
    assert_eq!(end, End::Completed);
    assert_eq!(house.events(), expect);
    house
}

#[test]
fn steps_run_in_order_and_skip_by_their_condition() {
    let steps = script("one", "exit 0", "") + &script("two", "exit 0", "when = \"facts.firmware == 'bios'\"");
    let house =
        check(&steps, &["run-started", "one:step-started", "one:step-completed", "two:step-skipped", "run-completed"]);
    assert!(house.verdict().is_complete());
}

#[test]
fn accepted_exit_codes_and_tolerated_failures_go_on() {
    let steps = script("odd", "exit 3", "accept_exit = [0, 3]") + &script("bad", "exit 9", "continue_on_error = true");
    let house = check(
        &steps,
        &[
            "run-started",
            "odd:step-started",
            "odd:step-completed",
            "bad:step-started",
            "bad:step-failed",
            "run-completed",
        ],
    );
    assert_eq!(house.verdict().gaps.len(), 1, "a tolerated failure is a gap, by name");
}

#[test]
fn a_failed_step_is_tried_again_as_often_as_it_says() {
    let house = House::new();
    let counter = house.path("counter");
    let text = format!("echo x >> {0}; [ $(wc -l < {0}) -ge 2 ]", counter.display());
    house.start(&Wish::new(TargetKind::Machine, &script("shaky", &text, "retries = 2")));
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Completed);
    assert_eq!(
        house.events(),
        [
            "run-started",
            "shaky:step-started",
            "shaky:step-failed",
            "shaky:step-started",
            "shaky:step-completed",
            "run-completed"
        ]
    );
}

#[test]
fn a_step_that_takes_too_long_is_stopped() {
    let house = House::new();
    let steps = script("slow", "sleep 60", "timeout_seconds = 1\ncontinue_on_error = true");
    house.start(&Wish::new(TargetKind::Machine, &steps));
    let begin = Instant::now();
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Completed);
    assert!(begin.elapsed() < Duration::from_secs(20));
    let fault = house.event(|e| match e {
        Event::StepFailed { fault, .. } => Some(fault.clone()),
        _ => None,
    });
    assert!(fault.unwrap().is("agent-step-too-long"));
}

/// The server chooses options' values, and only the content key says what runs: a value is never part of a script.
#[test]
fn a14_an_options_value_is_no_command() {
    let house = House::new();
    let (caught, said) = (house.path("caught"), house.path("said"));
    let text = format!("printf %s \"$SOCLE_OPTION_GREETING\" > {}; : {{{{ options.greeting }}}}", said.display());
    let evil = format!("$(touch {0}); touch {0} #", caught.display());
    let wish = Wish::new(TargetKind::Machine, &script("greet", &text, "")).option("greeting", evil.as_str());
    house.start(&wish);
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Completed);
    assert!(!caught.exists(), "an option's value was run");
    assert_eq!(fs::read_to_string(said).unwrap(), evil);
}

/// A machine that was off for long finds its order given again under another number: its journal begins on the one that
/// it took, and the server tells both.
#[test]
fn a_run_goes_on_from_the_order_on_which_it_began() {
    let house = House::new();
    let taken =
        house.start(&Wish::new(TargetKind::Machine, &(script("one", "exit 0", "") + &script("two", "exit 0", ""))));
    house.allowed.store(2, Ordering::SeqCst);
    assert!(carry_out(&house, &boot()).unwrap_err().is("agent-entry-not-kept"));
    let act = taken.open(&house.server.public()).unwrap().act;
    let (older, younger) = (house.sign(0, act.clone()), house.sign(2, act));
    *house.orders.lock().unwrap() = vec![older, taken, younger];
    house.allowed.store(-1, Ordering::SeqCst);
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Completed);
}

#[test]
fn a_failed_run_waits_for_a_person_and_goes_on_by_retry() {
    let house = House::new();
    let flag = house.path("flag");
    house.start(&Wish::new(TargetKind::Machine, &script("needs", &format!("[ -e {} ]", flag.display()), "")));
    let end = scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &boot()));
        wait_for(&house, "run-failed");
        fs::write(&flag, "").unwrap();
        house.order(Act::Retry { run: house.run });
        run.join().unwrap()
    });
    assert_eq!(end.unwrap(), End::Completed);
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    assert!(house.events().contains(&"order-received".to_string()));
}

#[test]
fn a_cancel_stops_a_step_under_way() {
    let house = House::new();
    house.start(&Wish::new(TargetKind::Machine, &script("slow", "sleep 60", "")));
    let begin = Instant::now();
    let end = scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &boot()));
        wait_for(&house, "step-started");
        house.order(Act::Cancel { run: house.run });
        run.join().unwrap()
    });
    assert_eq!(end.unwrap(), End::Cancelled);
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert_eq!(house.events().last().unwrap(), "run-cancelled");
}

#[test]
fn orders_that_are_not_for_us_change_nothing() {
    let house = House::new();
    house.start(&Wish::new(TargetKind::Machine, &script("slow", "sleep 2", "")));
    // Signed by the content key instead of the server's, and for another machine.
    let mut forged = house.sign(2, Act::Cancel { run: house.run });
    forged.body = forged.body.replace("cancel", "retry");
    house.orders.lock().unwrap().push(forged);
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Completed);
    assert!(!house.events().contains(&"order-received".to_string()));
}

#[test]
fn a_machine_that_does_not_fit_is_refused_before_anything_changes() {
    for (wants, code) in [
        ("memory_mib = 4096", "agent-memory-too-small"),
        ("firmware = \"bios\"", "agent-firmware-other"),
        ("power = \"mains\"", "agent-no-mains"),
        ("disk_mib = 1", "agent-no-disk"),
    ] {
        let house = House::new();
        let steps = format!("[[step]]\nid = \"fit\"\nkind = \"check\"\ncontinue_on_error = true\n{wants}\n");
        house.start(&Wish::new(TargetKind::Machine, &steps));
        carry_out(&house, &boot()).unwrap();
        let fault = house.event(|e| match e {
            Event::StepFailed { fault, .. } => Some(fault.clone()),
            _ => None,
        });
        assert!(fault.as_ref().is_some_and(|f| f.is(code)), "{wants}: {fault:?}");
    }
}

#[test]
fn a_run_goes_on_after_a_restart_that_it_asked_for() {
    let house = House::new();
    let steps =
        "[[step]]\nid = \"again\"\nkind = \"reboot\"\ninto = \"boot\"\n".to_string() + &script("then", "exit 0", "");
    house.start(&Wish::new(TargetKind::Machine, &steps));
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Restart(RebootInto::Boot));
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Completed);
    let expect = [
        "run-started",
        "again:step-started",
        "again:rebooting",
        "again:step-completed",
        "then:step-started",
        "then:step-completed",
        "run-completed",
    ];
    assert_eq!(house.events(), expect, "a restart on purpose is no interruption");
}

#[test]
fn a_machine_that_is_switched_off_last_has_completed_its_run() {
    let house = House::new();
    house.start(&Wish::new(TargetKind::Machine, "[[step]]\nid = \"off\"\nkind = \"reboot\"\ninto = \"off\"\n"));
    assert_eq!(carry_out(&house, &boot()).unwrap(), End::Restart(RebootInto::Off));
    assert_eq!(
        house.events(),
        ["run-started", "off:step-started", "off:rebooting", "off:step-completed", "run-completed"]
    );
    assert!(house.verdict().is_complete());
}

#[test]
fn a_cut_after_any_entry_leaves_one_unbroken_chain() {
    let house = House::new();
    let steps = script("one", "exit 0", "") + &script("two", "exit 0", "") + &script("three", "exit 0", "");
    house.start(&Wish::new(TargetKind::Machine, &steps));
    let (end, cuts) = carry_out_with_cuts(&house, &boot());
    assert_eq!(end, End::Completed);
    assert!(cuts > 2);
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    assert!(verdict.state.resumed > 0);
}

#[test]
fn a_server_that_tells_another_story_is_not_followed() {
    let house = House::new();
    house.start(&Wish::new(TargetKind::Machine, &script("one", "exit 0", "")));
    let mut setting = boot();
    setting.memory = Some(house.path("memory"));
    house.allowed.store(2, Ordering::SeqCst);
    assert!(carry_out(&house, &setting).is_err());
    // The server lost what it had acknowledged and holds another second entry, signed by the same machine.
    let first = house.entries.lock().unwrap()[0].clone();
    let mut chain = socle_domain::journal::Chain::new(
        house.run,
        house.target,
        socle_domain::sign::Signer::public(&house.machine),
        house.orders.lock().unwrap()[0].digest(),
    );
    chain.take(&first).unwrap();
    let mut writer = socle_domain::journal::Writer::new(chain, &house.machine);
    let other = writer.write(crate::kit::at(500), None, Event::RunCancelled {});
    *house.entries.lock().unwrap() = vec![first, other];
    house.allowed.store(-1, Ordering::SeqCst);
    assert!(carry_out(&house, &setting).unwrap_err().is("agent-journal-forked"));
}
