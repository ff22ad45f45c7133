-- The wizard at the machine: codes that open it, conversations at machines, seats in rooms.

-- A code opens the wizard at one machine, once. Its digits are not here: `digest` is made with a key that is not in the
-- database, for eight digits alone could be tried out.
CREATE TABLE wizard_codes (
    digest TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    person TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    used_by TEXT
);
CREATE INDEX wizard_codes_by_person ON wizard_codes (person, expires_ms);
CREATE INDEX wizard_codes_by_expiry ON wizard_codes (expires_ms);

-- Somebody is signed in at a machine. What it ended with is kept for a while, so that an answer that was lost on the way
-- is given again and nothing is done twice.
CREATE TABLE wizard_sessions (
    digest TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    machine TEXT NOT NULL,
    person TEXT NOT NULL,
    who TEXT NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('code', 'second-factor')),
    began_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    answers TEXT,
    finished TEXT
);
CREATE INDEX wizard_sessions_by_machine ON wizard_sessions (machine);
CREATE INDEX wizard_sessions_by_expiry ON wizard_sessions (expires_ms);

-- Where a machine stands in its room.
CREATE TABLE seats (
    machine TEXT PRIMARY KEY REFERENCES machines (id),
    unit TEXT NOT NULL REFERENCES units (id),
    seat TEXT NOT NULL,
    UNIQUE (unit, seat)
);
