-- How people sign in, what they are signed in with, and secrets at rest.

-- Every secret that has to be read again, sealed with a key that is not in the database. It belongs to what `kind` and
-- `owner` name and is asked through it: that row carries the unit.
CREATE TABLE sealed (
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (kind, owner, field)
);

-- A session's name is not its bearer's digest, so that it may stand in a page.
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN used_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN how TEXT NOT NULL DEFAULT '';
UPDATE sessions SET id = substr(digest, 1, 32), used_ms = created_ms;
CREATE UNIQUE INDEX sessions_by_id ON sessions (id);
CREATE INDEX sessions_by_subject ON sessions (kind, subject);

-- A token's name, and from where it was last used.
ALTER TABLE tokens ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN address TEXT NOT NULL DEFAULT '';
UPDATE tokens SET id = substr(digest, 1, 32);
CREATE UNIQUE INDEX tokens_by_id ON tokens (id);
CREATE INDEX tokens_by_person ON tokens (person);

-- Second factors. `state` holds what is public: a passkey's public key; the secret of a code is sealed.
CREATE TABLE factors (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES administrators (id),
    kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name TEXT NOT NULL,
    credential TEXT UNIQUE,
    state TEXT NOT NULL,
    step BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    used_ms BIGINT
);
CREATE INDEX factors_by_account ON factors (account);

CREATE TABLE recovery_codes (
    account TEXT NOT NULL REFERENCES administrators (id),
    digest TEXT NOT NULL,
    used_ms BIGINT,
    PRIMARY KEY (account, digest)
);

-- Who somebody is elsewhere: the sign-in service's issuer, or the directory's address, and what it calls him for ever.
CREATE TABLE identities (
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES administrators (id),
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (source, subject)
);
CREATE INDEX identities_by_account ON identities (account);

-- Devices from which somebody has signed in: guessing by others does not keep him out there.
CREATE TABLE known_devices (
    digest TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES administrators (id),
    seen_ms BIGINT NOT NULL,
    PRIMARY KEY (digest, account)
);

-- Roles that somebody holds because of his groups elsewhere: taken away again when he leaves the group.
CREATE TABLE mapped_grants (
    person TEXT NOT NULL,
    source TEXT NOT NULL,
    role TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    PRIMARY KEY (person, source, role, unit)
);
