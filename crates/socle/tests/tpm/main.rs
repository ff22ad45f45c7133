//! Machines with a security chip, both ends for real: the agent's own code before a TPM (swtpm), the server behind TLS.
#[path = "../../../tpm/tests/kit/boot_log.rs"]
#[allow(dead_code)]
mod boot_log;
#[path = "../../../server/tests/server/fake.rs"]
#[allow(dead_code)] // the server's own tests use the rest
mod fake;
#[path = "../../../server/tests/server/house.rs"]
#[allow(dead_code)]
mod house;
mod machines;
mod makers;
#[path = "../../../server/tests/server/shelf.rs"]
mod shelf;
mod starts;
#[path = "../../../tpm/tests/kit/swtpm.rs"]
mod swtpm;
