"""Delivery: files made on demand, the score of a derivative, which cache has forgotten what."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
ALTER TABLE derivatives
    ADD COLUMN score DOUBLE PRECISION, ADD COLUMN scorer VARCHAR, ADD COLUMN tries INTEGER;
CREATE INDEX derivatives_withdrawn ON derivatives (canonical_id) WHERE withdrawn_at IS NOT NULL;

CREATE TABLE transforms (
    id SERIAL PRIMARY KEY,
    canonical_id VARCHAR NOT NULL REFERENCES canonical_images (id),
    version INTEGER NOT NULL,
    transform VARCHAR NOT NULL,
    tier VARCHAR NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format VARCHAR NOT NULL,
    quality INTEGER,
    score DOUBLE PRECISION,
    scorer VARCHAR,
    sha256 VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    manifest_key VARCHAR,
    bytes INTEGER NOT NULL,
    credentials VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    superseded_at TIMESTAMPTZ,
    withdrawn_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX transforms_in_force ON transforms (canonical_id, version, transform, tier)
    WHERE withdrawn_at IS NULL AND superseded_at IS NULL;
CREATE INDEX transforms_age ON transforms (tier, at) WHERE withdrawn_at IS NULL;
CREATE INDEX transforms_withdrawn ON transforms (canonical_id) WHERE withdrawn_at IS NOT NULL;
CREATE INDEX ix_transforms_sha256 ON transforms (sha256);

CREATE TABLE purges (
    id SERIAL PRIMARY KEY,
    event_id INTEGER NOT NULL REFERENCES outbox (id),
    target VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    error VARCHAR,
    at TIMESTAMPTZ NOT NULL,
    next_at TIMESTAMPTZ NOT NULL,
    purged_at TIMESTAMPTZ,
    verified_at TIMESTAMPTZ,
    settled_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX purges_once ON purges (event_id, target);
CREATE INDEX purges_pending ON purges (next_at) WHERE settled_at IS NULL;

DROP INDEX outbox_unhandled;
CREATE INDEX outbox_unhandled ON outbox (topic, id) WHERE handled_at IS NULL;
"""

# Rows of these tables are the present state: app keeps them true.
MUTABLE = ("transforms", "purges")


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(MUTABLE)} TO app")
