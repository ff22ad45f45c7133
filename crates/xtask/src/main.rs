//! The workshop: demo, test, bench, the virtual lab, checks. Never shipped.
mod command;
mod goals;
mod http;
mod lab;
mod places;
mod reference;
#[cfg(test)]
mod rooms;
mod server;
mod setup;
mod story;
mod talk;
mod trouble;

use std::process::ExitCode;
use trouble::{Done, Trouble};

const USAGE: &str = "\
cargo xtask COMMAND

  demo [--exit]                                      set up, build and show the main job end to end (make demo)
  test                                               set up and run all tests (make test)
  test-postgresql [FILTER]                           the server's tests once more, with PostgreSQL behind each server
  quick                                              the tests that need neither lab nor browser (make quick)
  bench [--only NAME]                                measure, beside other tools (make bench)
  fleet [--postgres] [--speaking N] […]              100,000 simulated agents for a quarter of an hour, and kill -9
  fuzz [TARGET] [--seconds N] [--seed N]             feed everything that reads bytes from outside with damaged ones
  build                                              build socle and its agent for real use, optimised
  package [--check] [--as-built]                     make the Debian package; --check tries it in a Debian of its own
  setup [--lab] [--browser] [--postgres] [--bench] [--mail] [--directory]   bring this machine to where the rest can run
  lab smoke                                          prove that the lab boots machines
  lab room-at-once                                   one stream to eight seats: late, slow, dying and lying ones among them
  lab boot-table [STORY…]                            how machines start: firmware, chain, result, seconds, as a table
  lab STORY [--stay] [--keep-disks] [--as-built]     tell a story of lab/stories
  lab                                                list the stories and the verbs that they are made of";

fn main() -> ExitCode {
    talk::elapsed_seconds();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Trouble(text)) => {
            talk::say("✗", &text);
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Done {
    let Some((name, rest)) = args.split_first() else {
        talk::show(USAGE);
        return Ok(());
    };
    match name.as_str() {
        "setup" => {
            setup::setup(setup::Wish::read(rest)?)?;
            setup::report();
            Ok(())
        }
        "build" => goals::build::release(),
        "package" => goals::package::package(rest),
        "demo" => goals::demo::demo(rest),
        "test" => goals::test::test(),
        "test-postgresql" => goals::on_postgresql::on_postgresql(rest),
        "quick" => goals::test::quick(),
        "bench" => goals::bench::bench(rest),
        "fleet" => goals::bench::fleet(rest),
        "fuzz" => goals::fuzz::fuzz(rest),
        "lab" => match rest {
            [what] if what == "smoke" => lab::smoke::smoke(),
            [what, only @ ..] if what == "boot-table" => {
                goals::demo::ready(setup::Wish { lab: true, ..setup::Wish::default() })?;
                lab::boot_table::tell(only)
            }
            [what] if what == "room-at-once" => {
                setup::setup(setup::Wish::default())?;
                goals::bench_cast::lab()
            }
            [story, options @ ..] => {
                let [mut ending, mut keep, mut as_built] = [false; 3];
                for option in options {
                    match option.as_str() {
                        "--stay" => ending = true,
                        "--keep-disks" => keep = true,
                        "--as-built" => as_built = true,
                        other => stop!("lab does not know {other}; it knows --stay --keep-disks --as-built"),
                    }
                }
                let ending = if ending { story::Ending::Stay } else { story::Ending::Leave };
                if !as_built {
                    goals::demo::ready(setup::Wish { lab: true, ..setup::Wish::default() })?;
                }
                story::tell(story, ending, keep)
            }
            [] => story::catalogue(),
        },
        other => stop!("there is no command {other}.\n\n{USAGE}"),
    }
}
