-- What ties a machine to its security chip (TPM): the digest of its endorsement key, and the attestation key (its public
-- area, in hexadecimal) without whose word the machine is not let in again.
CREATE TABLE machine_tpms (
    machine TEXT PRIMARY KEY REFERENCES machines (id),
    ek TEXT NOT NULL,
    ak TEXT NOT NULL,
    since_ms BIGINT NOT NULL
);
CREATE INDEX machine_tpms_by_ek ON machine_tpms (ek);

-- Keys that a machine had before its board or its TPM was replaced: the proofs of its runs from then are still checked.
CREATE TABLE former_keys (
    machine TEXT NOT NULL REFERENCES machines (id),
    machine_key TEXT NOT NULL,
    enrolment TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (machine, machine_key)
);
