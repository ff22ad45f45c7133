//! The main job, end to end, on a fresh machine.
use super::build;
use crate::setup::{self, Wish};
use crate::stop;
use crate::story::{self, Ending};
use crate::talk::show;
use crate::trouble::Done;

/// Sets up, builds, tells the story `first-deployment`.
pub fn demo(args: &[String]) -> Done {
    let ending = match args {
        [] => Ending::Stay,
        [exit] if exit == "--exit" => Ending::Leave,
        _ => stop!("demo knows one option only: --exit"),
    };
    show("Socle's demonstration: bare machines receive their master over the network, start it, and prove it.");
    show(
        "Everything happens in emulated machines on a private network; this computer's own network and disks are not touched.\n",
    );
    ready(Wish { lab: true, ..Wish::default() })?;
    story::tell("first-deployment", ending, false)
}

/// Sets up and builds, side by side: one waits for the network while the other computes.
pub fn ready(wish: Wish) -> Done {
    setup::setup(Wish::default())?;
    std::thread::scope(|threads| {
        let set_up = threads.spawn(|| setup::setup(wish));
        let built = build::programs();
        let set_up = set_up.join().unwrap_or_else(|_| Err("the set-up stopped".into()));
        set_up.and(built)
    })
}
