//! Secrets reach the step that names them and nothing else; old generations are not carried out.
use crate::kit::{House, Setting, Wish, carry_out};
use socle_agent::run::End;
use socle_domain::{keys::Generations, option::secret_reference, target::TargetKind};
use std::fs;

const SECRET: &str = "hunter2-correct-horse";

fn declared(steps: &str) -> Wish {
    let option =
        "[[option]]\nname = 'join-password'\nkind = 'secret'\nlabel = { fr = 'Mot de passe', en = 'Password' }\n";
    Wish::new(TargetKind::Machine, &(option.to_string() + steps)).option("join-password", secret_reference("77"))
}
fn step(id: &str, script: &str) -> String {
    format!("[[step]]\nid = '{id}'\nkind = 'run-script'\nplace = 'boot'\nscript = '''\n{script}\n'''\n")
}

#[test]
fn a_secret_reaches_the_script_that_names_it_and_nothing_else() {
    let house = House::new();
    house.secrets.lock().unwrap().values.insert("join-password".into(), SECRET.into());
    let (named, other) = (house.path("named"), house.path("other"));
    let steps = step("join", &format!("printf %s \"$SOCLE_OPTION_JOIN_PASSWORD\" > {}", named.display()))
        + &step("look", &format!("env > {}", other.display()))
        + "[[step]]\nid = 'when'\nkind = 'check'\nwhen = \"has(options.join_password)\"\n";
    house.start(&declared(&steps));
    assert_eq!(carry_out(&house, &Setting::boot(vec![])).unwrap(), End::Completed);
    assert_eq!(fs::read_to_string(named).unwrap(), SECRET);
    let environment = fs::read_to_string(other).unwrap();
    assert!(!environment.contains(SECRET) && !environment.contains("JOIN_PASSWORD"), "{environment}");
    // What is kept of the run: its orders and its journal, byte for byte.
    let kept = format!("{:?} {:?}", house.orders.lock().unwrap(), house.entries.lock().unwrap());
    assert!(!kept.contains(SECRET));
    assert!(house.events().contains(&"when:step-skipped".into()), "a condition does not see it");
    assert!(house.verdict().is_complete());
}

#[test]
fn a_run_without_secrets_asks_for_none() {
    let house = House::new();
    house.secrets.lock().unwrap().values.insert("other".into(), SECRET.into());
    let out = house.path("out");
    house.start(&declared(&step(
        "look",
        &format!("echo \"$SOCLE_OPTION_JOIN_PASSWORD$SOCLE_OPTION_OTHER\" > {}", out.display()),
    )));
    assert_eq!(carry_out(&house, &Setting::boot(vec![])).unwrap(), End::Completed);
    assert_eq!(fs::read_to_string(out).unwrap(), "\n", "what the order does not name is not taken");
}

/// A13: a master that was signed long ago is still signed; an environment that says so does not carry it out any more.
#[test]
fn a13_an_older_generation_is_not_begun() {
    let mut house = House::new();
    house.lowest = Generations([("trial".to_string(), 2)].into());
    house.start(&Wish::new(TargetKind::Machine, &step("one", "exit 0")));
    let fault = carry_out(&house, &Setting::boot(vec![])).unwrap_err();
    assert!(fault.is("domain-generation-old"), "{fault}");
    assert!(house.entries.lock().unwrap().is_empty(), "nothing was begun");
    house.lowest = Generations([("trial".to_string(), 0), ("other".to_string(), 9)].into());
    assert_eq!(carry_out(&house, &Setting::boot(vec![])).unwrap(), End::Completed);
}
