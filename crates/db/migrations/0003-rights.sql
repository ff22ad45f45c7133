-- Rights, the second person, the audit trail.

-- A role, given to a person at a unit; it holds below that unit too.
CREATE TABLE grants (
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    given_by TEXT,
    given_ms BIGINT NOT NULL,
    PRIMARY KEY (person, role, unit)
);
CREATE INDEX grants_by_unit ON grants (unit);

-- A token acts for an account: never with more than that holds itself. One without rows in token_grants was made on the
-- server's own computer and acts with all that the first administrator holds.
ALTER TABLE tokens ADD COLUMN person TEXT;
ALTER TABLE tokens ADD COLUMN expires_ms BIGINT;
ALTER TABLE tokens ADD COLUMN used_ms BIGINT;
CREATE TABLE token_grants (
    digest TEXT NOT NULL REFERENCES tokens (digest),
    role TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    PRIMARY KEY (digest, role, unit)
);

-- Acts that wait for a second person.
CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    deed TEXT NOT NULL,
    why TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'expired', 'done', 'failed')),
    decided_by TEXT,
    decided_ms BIGINT,
    reason TEXT,
    fault TEXT
);
CREATE INDEX consents_by_state ON consents (state, unit);
-- What an approved act has done so far, target by target: it goes on there after the server was stopped.
CREATE TABLE consent_items (
    consent TEXT NOT NULL REFERENCES consents (id),
    target TEXT NOT NULL,
    run TEXT,
    fault TEXT,
    PRIMARY KEY (consent, target)
);
-- Machines on which a person has acted alone, counted together for an hour.
CREATE TABLE acted (
    person TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    machines BIGINT NOT NULL
);
CREATE INDEX acted_by_person ON acted (person, at_ms);

-- What the centre sets for everybody.
CREATE TABLE centre_settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The audit trail. There is no statement that changes or removes an entry.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    unit TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    act TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject TEXT,
    said TEXT NOT NULL,
    content TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE INDEX audit_by_unit ON audit (unit, number);
CREATE INDEX audit_by_act ON audit (act, number);
-- The names beside it. Deleting them leaves the chain whole.
CREATE TABLE audit_names (
    number BIGINT PRIMARY KEY,
    salt TEXT NOT NULL,
    who TEXT NOT NULL,
    who_name TEXT NOT NULL,
    subject TEXT,
    about_person TEXT
);
CREATE INDEX audit_names_by_who ON audit_names (who, number);
-- Where the server signed that the chain stood.
CREATE TABLE audit_heads (
    number BIGINT PRIMARY KEY,
    signed TEXT NOT NULL
);
