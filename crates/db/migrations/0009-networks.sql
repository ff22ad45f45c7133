-- From where a unit's machines speak. A network belongs to one unit; of several around an address the narrowest counts.
CREATE TABLE unit_networks (
    network TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL
);
CREATE INDEX unit_networks_by_unit ON unit_networks (unit);
