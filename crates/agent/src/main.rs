//! On the machine: runs steps; PID 1 when booted, a service when installed
fn main() {}
