//! On the machine: runs steps; PID 1 when booted, a service when installed.
fn main() {
    if std::process::id() == 1 {
        socle_agent::init::supervise()
    }
}
