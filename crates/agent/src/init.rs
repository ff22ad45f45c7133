//! Life as PID 1.
//!
//! PID 1 does little, so that it can't fail: it mounts what everything needs, starts the agent proper as a child,
//! buries the dead (every orphan's parent is PID 1), and when the child ends without having restarted the machine it
//! says so and restarts it after a while. It never exits: the kernel would panic.
mod console;
pub mod modules;
mod mounts;
mod power;

pub use console::{attach as attach_console, serial as serial_console};
pub use power::{off, reboot};

use crate::screen::Screen;
use socle_texts::{Lang, say};
use std::{
    env, fs,
    process::Command,
    sync::Mutex,
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a person has to read what went wrong.
const READING_TIME: Duration = Duration::from_secs(60);
/// The argument by which PID 1 starts the agent proper.
pub const WORK: &str = "work";

/// Runs as PID 1, for ever.
pub fn supervise() -> ! {
    mounts::mount_all();
    console::attach();
    // The kernel's lesser messages would be written across the screen; its ring buffer keeps them.
    let _ = fs::write("/proc/sys/kernel/printk", "1 4 1 7");
    let child =
        Command::new("/proc/self/exe").arg(WORK).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").spawn();
    let ended = match child {
        Ok(child) => bury_until(child.id() as i32),
        Err(e) => format!("{e}"),
    };
    let lang = language();
    console::write_line(&say(lang, "agent-ended", &[("how", ended.as_str().into())]));
    console::write_line(&say(lang, "agent-restarts-soon", &[("seconds", READING_TIME.as_secs().into())]));
    sleep(READING_TIME);
    reboot()
}

/// Waits for children, whoever they are, until this one has ended; says how it did.
fn bury_until(child: i32) -> String {
    loop {
        let mut status = 0;
        // SAFETY: the status is ours, alive for the call.
        let pid = unsafe { libc::waitpid(-1, &mut status, 0) };
        if pid == child {
            return match (libc::WIFSIGNALED(status), libc::WTERMSIG(status), libc::WEXITSTATUS(status)) {
                (true, signal, _) => format!("signal {signal}"),
                (false, _, code) => format!("code {code}"),
            };
        }
        if pid < 0 {
            sleep(Duration::from_millis(100));
        }
    }
}

/// The language that the kernel's command line chooses, else French.
pub fn language() -> Lang {
    language_or(Lang::default())
}

/// The language that the kernel's command line chooses, else this one.
pub fn language_or(lang: Lang) -> Lang {
    let cmdline = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    crate::config::kernel_arg(&cmdline, "socle.lang").and_then(|l| Lang::choose(&l)).unwrap_or(lang)
}

/// Loads the drivers that this machine wants; again after a while for what was plugged in since.
pub fn prepare_hardware(screen: &Screen) {
    static LOADER: Mutex<Option<modules::Loader>> = Mutex::new(None);
    let begin = Instant::now();
    let loaded = LOADER.lock().map_or(0, |mut l| l.get_or_insert_with(modules::Loader::new).load());
    mounts::mount_efivars();
    if loaded > 0 {
        let milliseconds = begin.elapsed().as_millis() as u64;
        screen.event("agent-hardware-ready", &[("count", loaded.into()), ("milliseconds", milliseconds.into())]);
    }
}

/// A panic is said on every console in words, before the process ends and PID 1 restarts the machine.
pub fn install_panic_words() {
    std::panic::set_hook(Box::new(|info| {
        console::write_line(&format!("socle-agent: {info}"));
    }));
}

/// Whether this process is the boot environment's agent: its parent is PID 1, started by [`supervise`].
pub fn is_worker() -> bool {
    env::args().nth(1).as_deref() == Some(WORK)
}
