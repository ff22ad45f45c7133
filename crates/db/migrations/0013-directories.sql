-- Directories are named by their unit: two bodies may both call theirs `mairie`, and neither learns of the other. People and
-- departures name the directory by its identifier; that of one that is there already is its name.
CREATE TABLE directories_of_units (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    config TEXT NOT NULL,
    cursor_text TEXT,
    read_ms BIGINT,
    UNIQUE (unit, name)
);
INSERT INTO directories_of_units (id, unit, name, config, cursor_text, read_ms)
    SELECT name, unit, name, config, cursor_text, read_ms FROM directories;
CREATE TABLE departures_from_directories (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    directory TEXT NOT NULL REFERENCES directories_of_units (id),
    person TEXT NOT NULL REFERENCES persons (id),
    seen_ms BIGINT NOT NULL,
    decided_ms BIGINT,
    decided_by TEXT,
    left_it SMALLINT
);
INSERT INTO departures_from_directories (id, unit, directory, person, seen_ms, decided_ms, decided_by, left_it)
    SELECT id, unit, directory, person, seen_ms, decided_ms, decided_by, left_it FROM departures;
DROP TABLE departures;
DROP TABLE directories;
ALTER TABLE directories_of_units RENAME TO directories;
ALTER TABLE departures_from_directories RENAME TO departures;
CREATE INDEX departures_open ON departures (unit, decided_ms);
CREATE INDEX departures_by_person ON departures (person);
