//! The verbs of stories.
mod chips;
mod cuts;
mod damage;
mod disks;
mod hands;
mod look;
mod room;
mod run;
mod secure;
mod server;
mod speaks;
mod stream;

pub use damage::Damage;

use super::line::Line;
use super::teller::Teller;
use crate::trouble::Done;

/// A verb.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// How it is said.
    pub usage: &'static str,
    /// The least and most words that follow.
    pub words: (usize, usize),
    /// The options that it knows; `*` for any.
    pub options: &'static [&'static str],
    /// What it does; it answers with what it did, in a few words.
    pub act: fn(&mut Teller, &Line) -> Done<String>,
}

/// How a machine is made.
pub const MACHINE_USAGE: &str = "machine NAME disk=2G[,4G] \
                                 [from=reference|reference-mbr|reference-4096|reference-signed] \
                                 [bus=nvme|sata|virtio] [memory=768M] \
                                 [processors=1] [card=virtio|e1000e|usb] [clock=1980-01-01] [first=network|disk] \
                                 [start=uefi|bios|bios-loader|stick] [extra-card=unplugged|elsewhere|nameless] \
                                 [sectors=512|4096] [disks=late] [room=far] \
                                 [keys=off|microsoft|ours|mok] [over=pxe|http] [tpm=yes]";

const fn verb(
    name: &'static str,
    usage: &'static str,
    words: (usize, usize),
    options: &'static [&'static str],
    act: fn(&mut Teller, &Line) -> Done<String>,
) -> Verb {
    Verb { name, usage, words, options, act }
}

/// All verbs, in the order in which one learns them.
pub static VERBS: &[Verb] = &[
    verb("seed", "seed NUMBER", (1, 1), &[], room::seed),
    verb("school", "school gives-addresses", (1, 1), &[], room::school),
    verb(
        "machine",
        MACHINE_USAGE,
        (1, 1),
        &[
            "disk",
            "from",
            "bus",
            "memory",
            "processors",
            "card",
            "clock",
            "first",
            "start",
            "extra-card",
            "sectors",
            "disks",
            "room",
            "keys",
            "over",
            "tpm",
        ],
        room::machine,
    ),
    verb("clone", "clone MACHINE to MACHINE", (3, 3), &[], chips::clone_disk),
    verb("no-key-on", "no-key-on MACHINE", (1, 1), &[], chips::no_key),
    verb("far-room", "far-room", (0, 0), &[], room::far_room),
    verb("boot", "boot MACHINE…", (1, 9), &[], room::boot),
    verb("cut", "cut MACHINE [after=5s | after=5s..40s]", (1, 1), &["after"], room::cut),
    verb("shutdown", "shutdown MACHINE [within=60s]", (1, 1), &["within"], room::shutdown),
    verb("reset", "reset MACHINE", (1, 1), &[], room::reset),
    verb("unplug", "unplug MACHINE", (1, 1), &[], room::unplug),
    verb("plug", "plug MACHINE", (1, 1), &[], room::plug),
    verb("push-disk", "push-disk MACHINE", (1, 1), &[], room::push_disk),
    verb("speaks", speaks::SPEAKS_USAGE, (1, 1), &["says", "within", "chain"], speaks::speaks),
    verb("sbverify", "sbverify", (0, 0), &[], secure::sbverify),
    verb("lying-server", secure::LYING_USAGE, (0, 0), &["tampered", "beside"], secure::lying_server),
    verb("refused", secure::REFUSED_USAGE, (1, 1), &["says", "chain", "within"], secure::refused),
    verb(
        "started",
        secure::STARTED_USAGE,
        (1, 1),
        &["chain", "via", "enrolled", "trusted", "proof", "within"],
        secure::started,
    ),
    verb("pause", "pause 5s", (1, 1), &[], room::pause),
    verb("wait", run::WAIT_USAGE, (2, 9), &["within", "fault"], run::wait),
    verb("press", "press MACHINE KEY…", (2, 30), &[], hands::press),
    verb("type", "type MACHINE \"text\" [keyboard=us|fr]", (2, 2), &["keyboard"], hands::type_text),
    verb("type-code", "type-code MACHINE [keyboard=us|fr]", (1, 1), &["keyboard"], hands::type_code),
    verb("see", "see MACHINE \"text\" [within=60s]", (2, 2), &["within"], hands::see),
    verb("take-up", "take-up MACHINE", (1, 1), &[], hands::take_up),
    verb("answered", "answered MACHINE OPTION|name|seat says=\"text\"", (2, 2), &["says"], hands::answered),
    verb("read", "read MACHINE… NAME as=\"shell command\"", (2, 9), &["as"], look::read),
    verb("expect", "expect MACHINE \"shell command\" says=\"text\"", (2, 2), &["says"], look::expect),
    verb("give-package", "give-package MACHINE as=\"/path\"", (1, 1), &["as"], look::give_package),
    verb("differ", "differ NAME between MACHINE…", (3, 9), &[], look::differ),
    verb("agree", "agree NAME between MACHINE…", (3, 9), &[], look::agree),
    verb("remember", "remember MACHINE disk [disk=0]", (2, 2), &["disk"], disks::remember),
    verb("untouched", "untouched MACHINE [disk=0] [except=PARTITION]", (1, 1), &["disk", "except"], disks::untouched),
    verb("picture", "picture MACHINE", (1, 1), &[], look::picture),
    verb("serve", server::SERVE_USAGE, (0, 0), &["dhcp", "token", "chain"], server::serve),
    verb("bootenv", "bootenv", (0, 0), &[], server::bootenv),
    verb(
        "master",
        "master NAME [from=FILE.toml] [version=1] [image=NAME] [option=value…]",
        (1, 1),
        &["*"],
        server::master,
    ),
    verb("sign-image", "sign-image NAME", (1, 1), &[], server::sign_image),
    verb("damage", damage::DAMAGE_USAGE, (1, 1), &[], damage::damage),
    verb("repair", "repair", (0, 0), &[], damage::repair),
    verb("crash", "crash server", (1, 1), &[], server::crash),
    verb("socle", "socle WORD… [says=\"text\"] [fails=yes]", (1, 30), &["says", "fails"], server::socle),
    verb("accept", "accept MACHINE as NAME", (3, 3), &[], run::accept),
    verb("refuse", "refuse MACHINE", (1, 1), &[], run::refuse),
    verb("start", "start MASTER on MACHINE [loss=expendable] [option=value…]", (3, 3), &["*"], run::start),
    verb("allow-loss", "allow-loss MACHINE \"reason\"", (2, 2), &[], run::allow_loss),
    verb("cancel", "cancel MACHINE", (1, 1), &[], run::cancel),
    verb("retry", "retry MACHINE", (1, 1), &[], run::retry),
    verb("verify", "verify MACHINE…", (1, 9), &[], run::verify),
    verb("streamed", stream::STREAMED_USAGE, (1, 9), &["least"], stream::streamed),
    verb("power-cuts", run::CUTS_USAGE, (2, 9), &["times", "master", "in", "within"], run::power_cuts),
];
