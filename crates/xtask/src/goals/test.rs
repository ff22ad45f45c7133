//! All tests, or those that need no lab.
use super::build::{self, cargo};
use crate::command::{find, output, visible};
use crate::places;
use crate::setup::{self, Wish};
use crate::story::{self, Ending};
use crate::talk::{elapsed_seconds, say};
use crate::trouble::Done;

/// Everything: set-up, the rooms' tests, the console's pages in a browser, the short story in the lab.
///
/// Compiling needs both cores; what comes after waits as much as it works. So the set-up runs beside the compiler, and
/// the static agent and then the lab beside the tests.
pub fn test() -> Done {
    let wish = Wish {
        lab: true,
        browser: true,
        postgres: true,
        mail: true,
        directory: true,
        api: true,
        tpm: true,
        bench: false,
    };
    setup::setup(Wish::default())?;
    std::thread::scope(|threads| {
        let set_up = threads.spawn(|| setup::setup(wish));
        let built = compile();
        let set_up = set_up.join().unwrap_or_else(|_| Err("the set-up stopped".into()));
        set_up.and(built)
    })?;
    std::thread::scope(|threads| {
        let told = threads.spawn(short_story);
        // A red test hides no red page.
        let tested = [run(None), pages()].into_iter().collect::<Done>();
        let told = told.join().unwrap_or_else(|_| Err("the story stopped".into()));
        tested.and(told)
    })?;
    say("✓", &format!("All tests passed in {:.0} s.", elapsed_seconds()));
    Ok(())
}

/// The administrator's program was built with its tests; only the static agent is built apart.
fn short_story() -> Done {
    build::agent()?;
    say("+", "The short story, in the lab.");
    story::tell("short", Ending::Leave, false)
}

fn pages() -> Done {
    say("+", "The console's pages, in a real browser.");
    visible(std::process::Command::new("npm").args(["test", "--prefix", "web"]).current_dir(places::root()))
}

/// What can be known without a lab and a browser.
pub fn quick() -> Done {
    // The database's and the mailboxes' tests have real peers: without them they could only be skipped.
    setup::setup(Wish { postgres: true, mail: true, directory: true, tpm: true, ..Wish::default() })?;
    run(Some(QUICK))?;
    say("✓", &format!("The quick tests passed in {:.0} s.", elapsed_seconds()));
    Ok(())
}

fn has_nextest() -> bool {
    find("cargo-nextest").is_some() || output(&mut cargo(["nextest", "--version"])).is_ok()
}

fn compile() -> Done {
    say("+", "Compiling the tests.");
    if has_nextest() {
        visible(&mut cargo(["nextest", "run", "--workspace", "--no-run"]))
    } else {
        visible(&mut cargo(["test", "--workspace", "--no-run"]))
    }
}

/// Without those that need a browser, ask the API thousands of questions, wait by design, or kill something again and
/// again: `make test` runs them.
const QUICK: &str = "not (binary(sign-in) | binary(mail) | binary(sim) | test(schemathesis) | test(a26_slow) | test(kill) \
                     | test(every_route_for_everybody) | test(what_was_approved_is_done_once))";

/// The same for cargo's own test runner, which knows no filter over programs: those that are left out are left out by their
/// room, and the server's are named.
const QUICK_ROOMS: [&str; 6] = [
    "--workspace",
    "--no-fail-fast",
    "--exclude=socle-mail",
    "--exclude=socle-sim",
    "--exclude=socle-server",
    "--tests",
];
const QUICK_SERVER: [&str; 11] = [
    "-p=socle-server",
    "--no-fail-fast",
    "--lib",
    "--test=server",
    "--test=api",
    "--test=attacks",
    "--test=rights",
    "--test=wizard",
    "--",
    "--skip=schemathesis",
    "--skip=a26_slow",
];
const QUICK_SKIPPED: [&str; 3] =
    ["--skip=kill", "--skip=every_route_for_everybody", "--skip=what_was_approved_is_done_once"];

fn run(only: Option<&str>) -> Done {
    say("+", "The rooms' tests.");
    match (has_nextest(), only) {
        // Nothing is left out for lack of something: what is missing is then a failure.
        (true, None) => visible(cargo(["nextest", "run", "--workspace", "--no-fail-fast"]).env("SOCLE_ALL_TESTS", "1")),
        (true, Some(only)) => visible(&mut cargo(["nextest", "run", "--workspace", "--no-fail-fast", "-E", only])),
        (false, None) => visible(cargo(["test", "--workspace", "--no-fail-fast"]).env("SOCLE_ALL_TESTS", "1")),
        (false, Some(_)) => {
            let (mut rooms, mut server) = (cargo(["test"]), cargo(["test"]));
            rooms.args(QUICK_ROOMS).arg("--").args(QUICK_SKIPPED);
            server.args(QUICK_SERVER).args(QUICK_SKIPPED);
            [visible(&mut rooms), visible(&mut server)].into_iter().collect()
        }
    }
}
