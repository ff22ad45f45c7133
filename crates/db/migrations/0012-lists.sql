-- The list of machines is read in its order, state by state, and not sorted each time.
CREATE INDEX machines_in_order ON machines (state, (COALESCE(name, '')), id);

-- Of which tree a statement's rows were read: the digest of `unit_tree`, written with it.
CREATE TABLE unit_tree_digest (
    digest TEXT PRIMARY KEY
);
