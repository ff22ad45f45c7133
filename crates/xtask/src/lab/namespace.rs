//! A private network world of the kernel: what runs inside sees only the lab.
use crate::command::quiet;
use crate::trouble::{Done, During, Trouble};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// How every namespace of every lab begins; the number of its process follows, so that leftovers are recognised.
pub const PREFIX: &str = "socle-lab-";

/// One network namespace, removed when dropped.
pub struct Namespace {
    name: String,
    handle: File,
}

impl Namespace {
    /// Makes an empty one, with only its loopback.
    pub fn create(role: &str) -> Done<Namespace> {
        let name = format!("{PREFIX}{}-{role}", std::process::id());
        quiet("ip", ["netns", "add", &name])?;
        let handle = File::open(format!("/run/netns/{name}")).during(format!("opening the namespace {name}"))?;
        let namespace = Namespace { name, handle };
        namespace.ip(&["link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// Its name, for `ip netns exec` by hand.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` inside.
    pub fn ip(&self, args: &[&str]) -> Done {
        quiet("ip", ["-n", &self.name].iter().chain(args))
    }

    /// Makes a command run inside, in a process group of its own, and die with us whatever happens.
    ///
    /// The kernel ties the child's life to the thread that starts it: start from one that lives as long as we do.
    pub fn put_inside(&self, command: &mut Command) {
        let handle = self.handle.as_raw_fd();
        command.process_group(0);
        // SAFETY: between fork and exec only two async-signal-safe system calls are made, on a handle that outlives both.
        unsafe {
            command.pre_exec(move || {
                if libc::setns(handle, libc::CLONE_NEWNET) != 0
                    || libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0
                {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
    }

    /// Does something in a thread that lives inside: sockets made there stay there.
    pub fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> Done<T> {
        let handle = self.handle.as_raw_fd();
        std::thread::scope(|threads| {
            let thread = threads.spawn(move || {
                enter(handle)?;
                Ok(act())
            });
            thread.join().unwrap_or_else(|_| Err(Trouble("a thread inside the lab stopped".into())))
        })
    }

    /// A handle for threads that outlive this borrow.
    pub fn handle(&self) -> Done<File> {
        self.handle.try_clone().during("keeping a namespace open")
    }
}

/// Moves the calling thread into the namespace of the handle.
pub fn enter(handle: i32) -> Done {
    // SAFETY: setns on a valid handle changes this thread only.
    if unsafe { libc::setns(handle, libc::CLONE_NEWNET) } != 0 {
        return Err(std::io::Error::last_os_error()).during("entering the lab's network");
    }
    Ok(())
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(trouble) = quiet("ip", ["netns", "del", &self.name]) {
            crate::talk::say("!", &format!("The network {} could not be removed: {trouble}", self.name));
        }
    }
}
