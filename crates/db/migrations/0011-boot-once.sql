-- Orders to start the boot environment once: what was ordered, and what came of it. A machine has at most one that is not
-- settled yet.
CREATE TABLE boot_once (
    machine TEXT NOT NULL REFERENCES machines (id),
    number BIGINT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    boot_from TEXT NOT NULL CHECK (boot_from IN ('own-disk', 'network')),
    signed TEXT NOT NULL,
    ordered_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ordered', 'armed', 'came', 'did-not-come', 'refused', 'expired', 'withdrawn')),
    since_ms BIGINT NOT NULL,
    fault TEXT,
    PRIMARY KEY (machine, number)
);
CREATE INDEX boot_once_by_state ON boot_once (state, machine);
