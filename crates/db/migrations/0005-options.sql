-- What people decided about options, the rules that set them, and masters on their way from draft to retirement.

-- A unit's decision about an option: a value, a latitude for those below, or both. Secrets are references into `sealed`.
CREATE TABLE settings (
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    value TEXT,
    narrows TEXT,
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    PRIMARY KEY (unit, name)
);

-- A machine's; it goes where its machine goes.
CREATE TABLE machine_settings (
    machine TEXT NOT NULL REFERENCES machines (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    PRIMARY KEY (machine, name)
);

CREATE TABLE option_rules (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    place BIGINT NOT NULL,
    condition TEXT NOT NULL,
    sets TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    UNIQUE (unit, name)
);

ALTER TABLE masters ADD COLUMN stage TEXT NOT NULL DEFAULT 'pilot';
ALTER TABLE masters ADD COLUMN stage_by TEXT NOT NULL DEFAULT '';
ALTER TABLE masters ADD COLUMN stage_ms BIGINT NOT NULL DEFAULT 0;
UPDATE masters SET stage_ms = published_ms;
-- Before there were stages the newest was what people took.
UPDATE masters SET stage = 'production' WHERE NOT EXISTS (
    SELECT 1 FROM masters o WHERE o.unit = masters.unit AND o.name = masters.name AND (o.published_ms > masters.published_ms
        OR (o.published_ms = masters.published_ms AND o.digest > masters.digest))
);

-- Append-only: how each version went from stage to stage.
CREATE TABLE master_moves (
    number BIGINT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES masters (digest),
    stage TEXT NOT NULL,
    moved_by TEXT NOT NULL,
    moved_ms BIGINT NOT NULL
);
CREATE INDEX master_moves_by_name ON master_moves (unit, name, number);

-- Not signed yet.
CREATE TABLE master_drafts (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    master TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    UNIQUE (unit, name, version)
);

-- The highest generation that was ever seen of a name: it never goes down.
CREATE TABLE generations (
    unit TEXT NOT NULL REFERENCES units (id),
    kind TEXT NOT NULL CHECK (kind IN ('master', 'image')),
    name TEXT NOT NULL,
    highest BIGINT NOT NULL,
    PRIMARY KEY (unit, kind, name)
);

-- The units that try the pilot versions of a master, besides its own.
CREATE TABLE master_pilots (
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    pilot TEXT NOT NULL REFERENCES units (id),
    PRIMARY KEY (unit, name, pilot)
);

-- The masters that a unit and those below may take; without a row: all that its ancestors leave it.
CREATE TABLE master_offers (
    unit TEXT PRIMARY KEY REFERENCES units (id),
    names TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL
);
