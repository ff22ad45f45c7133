-- The API: requests that had their effect, by their callers' keys; webhooks and what is to be delivered to them.

-- `answer` is sealed: it may hold a secret that is told once.
CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    request TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    status BIGINT,
    answer TEXT
);
CREATE INDEX idempotency_by_age ON idempotency (made_ms);

-- Secrets are sealed; the old one signs beside the new one for a while. `kinds` is a JSON list; `off` the fault for which nothing is delivered any more.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    unit TEXT NOT NULL REFERENCES units (id),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_until_ms BIGINT,
    is_on SMALLINT NOT NULL,
    off TEXT,
    failures BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (unit, name)
);

CREATE TABLE webhook_deliveries (
    webhook TEXT NOT NULL REFERENCES webhooks (id),
    event TEXT NOT NULL,
    unit TEXT NOT NULL REFERENCES units (id),
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given-up')),
    next_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    status BIGINT,
    fault TEXT,
    PRIMARY KEY (webhook, event)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, next_ms);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (made_ms);
