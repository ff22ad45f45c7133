//! The machine restarted or switched off.
use rustix::system::{RebootCommand, reboot as restart};
use std::{thread::sleep, time::Duration};

/// Restarts the machine. Everything written is on its medium first.
pub fn reboot() -> ! {
    end(RebootCommand::Restart)
}

/// Switches it off.
pub fn off() -> ! {
    end(RebootCommand::PowerOff)
}

fn end(command: RebootCommand) -> ! {
    rustix::fs::sync();
    loop {
        let _ = restart(command);
        // The kernel refused, which it only does to those who may not: nothing else can be done from here.
        sleep(Duration::from_secs(10));
    }
}
