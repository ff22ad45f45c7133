-- The organisation: units as a fold of decisions, who is below whom, people, dated links, facts, words to find by.
-- `/*bytes*/` stands where PostgreSQL must compare byte by byte, as SQLite does: see migrate.rs.

ALTER TABLE units ADD COLUMN kind TEXT NOT NULL DEFAULT 'centre';
ALTER TABLE units ADD COLUMN since_ms BIGINT;
ALTER TABLE units ADD COLUMN ended_ms BIGINT;
ALTER TABLE units ADD COLUMN ended TEXT;

-- Append-only. A decision is applied when its moment has come: `units` and `unit_tree` are what they fold to at present.
CREATE TABLE unit_decisions (
    number BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at_ms BIGINT NOT NULL,
    decided_ms BIGINT NOT NULL,
    by_whom TEXT NOT NULL,
    what TEXT NOT NULL,
    applied SMALLINT NOT NULL
);
CREATE INDEX unit_decisions_due ON unit_decisions (applied, at_ms);

CREATE TABLE unit_tree (
    ancestor TEXT NOT NULL REFERENCES units (id),
    unit TEXT NOT NULL REFERENCES units (id),
    depth BIGINT NOT NULL,
    PRIMARY KEY (ancestor, unit)
);
CREATE INDEX unit_tree_upwards ON unit_tree (unit, ancestor);

CREATE INDEX machines_by_unit ON machines (unit, state);
CREATE INDEX machines_by_state ON machines (state, last_seen_ms);
CREATE INDEX machines_by_name ON machines ((COALESCE(name, '')), id);
CREATE INDEX runs_by_unit ON runs (unit, ordered_ms);
CREATE INDEX runs_by_moment ON runs (ordered_ms, id);
CREATE INDEX runs_by_state ON runs (state);
CREATE INDEX boot_events_by_unit ON boot_events (unit, id);

-- Where a machine was, and since when.
CREATE TABLE machine_units (
    machine TEXT NOT NULL REFERENCES machines (id),
    unit TEXT NOT NULL REFERENCES units (id),
    from_ms BIGINT NOT NULL,
    until_ms BIGINT,
    by_whom TEXT NOT NULL
);
CREATE INDEX machine_units_by_machine ON machine_units (machine, from_ms);
CREATE INDEX machine_units_by_unit ON machine_units (unit);
INSERT INTO machine_units (machine, unit, from_ms, until_ms, by_whom)
    SELECT id, unit, since_ms, NULL, COALESCE(recognised_by, '') FROM machines;

-- What is known of a machine, from whom, since when. The facts of the present stand in `machines` too, as one tree.
CREATE TABLE facts (
    machine TEXT NOT NULL REFERENCES machines (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    who TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT
);
CREATE INDEX facts_by_machine ON facts (machine, name);

CREATE TABLE persons (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    login TEXT,
    mail TEXT,
    source TEXT,
    entry TEXT,
    since_ms BIGINT NOT NULL,
    until_ms BIGINT,
    UNIQUE (unit, login),
    UNIQUE (source, entry)
);
CREATE INDEX persons_by_unit ON persons (unit);
CREATE INDEX persons_by_name ON persons (name, id);

CREATE TABLE links (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    kind TEXT NOT NULL,
    person TEXT REFERENCES persons (id),
    machine TEXT REFERENCES machines (id),
    from_ms BIGINT NOT NULL,
    until_ms BIGINT,
    by_whom TEXT NOT NULL
);
CREATE INDEX links_by_unit ON links (unit);
CREATE INDEX links_by_person ON links (person);
CREATE INDEX links_by_machine ON links (machine);

CREATE TABLE search_words (
    word TEXT /*bytes*/ NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('machine', 'person', 'unit')),
    id TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id)
);
CREATE INDEX search_words_everywhere ON search_words (word, kind, id);
CREATE INDEX search_words_by_unit ON search_words (unit, word, kind, id);
CREATE INDEX search_words_by_thing ON search_words (id);

-- Directories that people are read from. The password stands sealed elsewhere.
CREATE TABLE directories (
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL PRIMARY KEY,
    config TEXT NOT NULL,
    cursor_text TEXT,
    read_ms BIGINT
);

-- What a directory no longer holds: proposed, and done only when a person says so.
CREATE TABLE departures (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    directory TEXT NOT NULL REFERENCES directories (name),
    person TEXT NOT NULL REFERENCES persons (id),
    seen_ms BIGINT NOT NULL,
    decided_ms BIGINT,
    decided_by TEXT,
    left_it SMALLINT
);
CREATE INDEX departures_open ON departures (unit, decided_ms);
CREATE INDEX departures_by_person ON departures (person);
