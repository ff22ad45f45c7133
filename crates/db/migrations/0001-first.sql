-- One text for SQLite and for PostgreSQL: TEXT, BIGINT and SMALLINT only. Identifiers and digests are TEXT, moments are
-- BIGINT milliseconds since 1970, signed statements and trees of values are their JSON text.

CREATE TABLE units (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES units (id),
    name TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE machines (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    machine_key TEXT NOT NULL UNIQUE,
    name TEXT,
    state TEXT NOT NULL CHECK (state IN ('to-recognise', 'known', 'refused')),
    since_ms BIGINT NOT NULL,
    recognised_by TEXT,
    enrolment TEXT,
    code TEXT NOT NULL,
    hints TEXT NOT NULL,
    facts TEXT NOT NULL,
    last_seen_ms BIGINT NOT NULL,
    address TEXT,
    place TEXT NOT NULL,
    UNIQUE (unit, name)
);

CREATE TABLE hints (
    machine TEXT NOT NULL REFERENCES machines (id),
    kind TEXT NOT NULL CHECK (kind IN ('mac', 'uuid')),
    value TEXT NOT NULL,
    PRIMARY KEY (machine, kind, value)
);
CREATE INDEX hints_by_value ON hints (kind, value);

CREATE TABLE announced (
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    mac TEXT,
    serial TEXT,
    uuid TEXT,
    used_by TEXT REFERENCES machines (id),
    PRIMARY KEY (unit, name)
);

CREATE TABLE accept_rules (
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    condition TEXT NOT NULL,
    name_pattern TEXT NOT NULL,
    PRIMARY KEY (unit, name)
);

CREATE TABLE masters (
    digest TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    signed TEXT NOT NULL,
    published_ms BIGINT NOT NULL,
    UNIQUE (unit, name, version)
);

CREATE TABLE images (
    image TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    disk_bytes BIGINT NOT NULL,
    used_bytes BIGINT NOT NULL,
    captured_ms BIGINT NOT NULL,
    release TEXT
);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    target TEXT NOT NULL,
    target_name TEXT NOT NULL,
    master TEXT NOT NULL REFERENCES masters (digest),
    master_label TEXT NOT NULL,
    ordered_ms BIGINT NOT NULL,
    machine_key TEXT NOT NULL,
    state TEXT NOT NULL,
    is_over SMALLINT NOT NULL,
    fold TEXT NOT NULL,
    starts_into TEXT NOT NULL CHECK (starts_into IN ('boot', 'installed')),
    entries BIGINT NOT NULL,
    head TEXT NOT NULL,
    last_seen_ms BIGINT NOT NULL
);
CREATE INDEX runs_by_target ON runs (target, is_over);

CREATE TABLE orders (
    target TEXT NOT NULL,
    number BIGINT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    run TEXT NOT NULL REFERENCES runs (id),
    act TEXT NOT NULL,
    signed TEXT NOT NULL,
    digest TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (target, number)
);
CREATE INDEX orders_by_run ON orders (run);

CREATE TABLE journal (
    run TEXT NOT NULL REFERENCES runs (id),
    number BIGINT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    signed TEXT NOT NULL,
    digest TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (run, number)
);

CREATE TABLE administrators (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL UNIQUE,
    password TEXT,
    created_ms BIGINT NOT NULL
);

CREATE TABLE one_time_links (
    digest TEXT PRIMARY KEY,
    administrator TEXT NOT NULL REFERENCES administrators (id),
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT
);

CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    kind TEXT NOT NULL CHECK (kind IN ('person', 'machine')),
    subject TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);

CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE boot_events (
    id BIGINT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    at_ms BIGINT NOT NULL,
    who TEXT NOT NULL,
    service TEXT NOT NULL,
    what TEXT NOT NULL
);
