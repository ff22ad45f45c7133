//! Running something and measuring what it cost.
use crate::command::describe;
use crate::stop;
use crate::trouble::{Done, During};
use std::mem::MaybeUninit;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a command cost, with everything that it started.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// By the clock on the wall.
    pub wall_seconds: f64,
    /// Of processor, user and system together.
    pub cpu_seconds: f64,
    /// The most memory that its largest process had.
    pub peak_bytes: u64,
}

/// Runs a command to its end; what it prints is kept quiet.
pub fn cost(command: &mut Command) -> Done<Cost> {
    let shown = describe(command);
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.during(format!("starting `{shown}`"))?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are valid for writing; the child is ours and nobody else waits for it.
    let waited = unsafe { libc::wait4(child.id() as libc::pid_t, &mut status, 0, usage.as_mut_ptr()) };
    let wall_seconds = start.elapsed().as_secs_f64();
    if waited != child.id() as libc::pid_t {
        return Err(std::io::Error::last_os_error()).during(format!("waiting for `{shown}`"));
    }
    if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != 0 {
        stop!("`{shown}` failed (status {status})");
    }
    // SAFETY: zeroed is a valid rusage, and wait4 has filled it.
    let usage = unsafe { usage.assume_init() };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(Cost {
        wall_seconds,
        cpu_seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        peak_bytes: usage.ru_maxrss.max(0) as u64 * 1024,
    })
}

/// The middle one of several runs, by the clock on the wall.
pub fn median(mut costs: Vec<Cost>) -> Done<Cost> {
    costs.sort_by(|a, b| a.wall_seconds.total_cmp(&b.wall_seconds));
    costs.get(costs.len() / 2).copied().ok_or_else(|| "nothing was measured".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::command;

    #[test]
    fn what_a_command_costs_is_measured_with_its_children() {
        let busy = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'";
        let cost = cost(&mut command("sh", ["-c", busy])).expect("a loop ends");
        assert!(cost.cpu_seconds > 0.02 && cost.wall_seconds > 0.02, "{cost:?}");
        assert!(cost.peak_bytes > 100 << 10, "{cost:?}");
        assert!(super::cost(&mut command("false", [""; 0])).is_err());
    }

    #[test]
    fn the_median_is_the_middle() {
        let run = |wall_seconds| Cost { wall_seconds, cpu_seconds: 0.0, peak_bytes: 0 };
        assert_eq!(median(vec![run(3.0), run(1.0), run(2.0)]), Ok(run(2.0)));
        assert!(median(Vec::new()).is_err());
    }
}
