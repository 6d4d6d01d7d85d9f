"""The catalog: every table of the first release, what role `app` may do with them, and what nobody may do."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE families (
    slug VARCHAR PRIMARY KEY,
    title VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    definition JSONB NOT NULL,
    registered_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE recipes (
    id VARCHAR PRIMARY KEY,
    family VARCHAR NOT NULL REFERENCES families (slug),
    position INTEGER NOT NULL,
    variant JSONB NOT NULL,
    body JSONB NOT NULL,
    current BOOLEAN NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX recipes_family ON recipes (family, position) WHERE current;

CREATE TABLE paintings (
    recipe_id VARCHAR PRIMARY KEY REFERENCES recipes (id),
    sha256 VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    bytes INTEGER NOT NULL,
    runtime JSONB NOT NULL,
    model_files JSONB NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    run_id VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_paintings_sha256 ON paintings (sha256);

CREATE TABLE budgets (
    family VARCHAR NOT NULL,
    day DATE NOT NULL,
    images INTEGER NOT NULL,
    device_ms INTEGER NOT NULL,
    granted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (family, day)
);

CREATE TABLE signals (
    id SERIAL PRIMARY KEY,
    recipe_id VARCHAR NOT NULL REFERENCES recipes (id),
    object_sha256 VARCHAR NOT NULL,
    detector VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    label VARCHAR NOT NULL,
    score DOUBLE PRECISION,
    error VARCHAR,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX signals_object ON signals (object_sha256);

CREATE TABLE verdicts (
    id SERIAL PRIMARY KEY,
    stream VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    body VARCHAR NOT NULL,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    object_sha256 VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    decided_by VARCHAR NOT NULL,
    policy VARCHAR NOT NULL,
    policy_sha256 VARCHAR NOT NULL,
    reasons JSONB NOT NULL,
    UNIQUE (stream, position)
);
CREATE INDEX verdicts_object ON verdicts (object_sha256);
CREATE INDEX verdicts_waiting ON verdicts (stream, position) WHERE verdict = 'review';

CREATE TABLE canonical_images (
    id VARCHAR PRIMARY KEY,
    recipe_id VARCHAR NOT NULL UNIQUE REFERENCES recipes (id),
    family VARCHAR NOT NULL REFERENCES families (slug),
    object_sha256 VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    pixel_sha256 VARCHAR NOT NULL,
    phash VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_canonical_images_family ON canonical_images (family);
CREATE INDEX ix_canonical_images_object_sha256 ON canonical_images (object_sha256);

CREATE TABLE provenance (
    canonical_id VARCHAR PRIMARY KEY REFERENCES canonical_images (id),
    public_id VARCHAR NOT NULL UNIQUE,
    salt VARCHAR NOT NULL,
    model_id VARCHAR NOT NULL,
    model_revision VARCHAR NOT NULL,
    model_files JSONB NOT NULL,
    prompt VARCHAR NOT NULL,
    negative_prompt VARCHAR NOT NULL,
    parameters JSONB NOT NULL,
    seed BIGINT NOT NULL,
    runtime JSONB NOT NULL,
    run_id VARCHAR NOT NULL,
    painted_at TIMESTAMPTZ NOT NULL,
    licence VARCHAR NOT NULL,
    restrictions JSONB NOT NULL,
    commercial_use VARCHAR NOT NULL,
    source_type VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE derivatives (
    id SERIAL PRIMARY KEY,
    canonical_id VARCHAR NOT NULL REFERENCES canonical_images (id),
    profile VARCHAR NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format VARCHAR NOT NULL,
    lossless BOOLEAN NOT NULL,
    quality INTEGER,
    sha256 VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    manifest_key VARCHAR,
    bytes INTEGER NOT NULL,
    credentials VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX derivatives_in_force ON derivatives (canonical_id, profile, width, format)
    WHERE withdrawn_at IS NULL;
CREATE INDEX derivatives_name ON derivatives (name) WHERE withdrawn_at IS NULL;
CREATE INDEX ix_derivatives_sha256 ON derivatives (sha256);

CREATE TABLE placeholders (
    canonical_id VARCHAR PRIMARY KEY REFERENCES canonical_images (id),
    thumbhash VARCHAR NOT NULL,
    dominant VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE publications (
    canonical_id VARCHAR PRIMARY KEY REFERENCES canonical_images (id),
    family VARCHAR NOT NULL REFERENCES families (slug),
    profile VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_publications_family ON publications (family);

CREATE TABLE moves (
    id SERIAL PRIMARY KEY,
    stream VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    body VARCHAR NOT NULL,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    move VARCHAR NOT NULL,
    from_state VARCHAR NOT NULL,
    to_state VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    UNIQUE (stream, position)
);

CREATE TABLE outbox (
    id SERIAL PRIMARY KEY,
    topic VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    payload JSONB NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    handled_at TIMESTAMPTZ
);
CREATE INDEX outbox_unhandled ON outbox (id) WHERE handled_at IS NULL;
CREATE INDEX outbox_topic ON outbox (topic, id);

CREATE TABLE orphans (
    key VARCHAR PRIMARY KEY,
    bytes BIGINT NOT NULL,
    put_at TIMESTAMPTZ NOT NULL,
    marked_at TIMESTAMPTZ NOT NULL
);
"""

# Rows of these tables are evidence: written once, changed never.
APPEND_ONLY = ("signals", "verdicts", "canonical_images", "provenance", "moves")

# Rows of these tables are the present state: app keeps them true.
MUTABLE = (
    "families", "recipes", "paintings", "budgets", "derivatives", "placeholders", "publications", "outbox",
    "orphans",
)  # fmt: skip

GRANTS = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
        RAISE EXCEPTION 'role app is missing'
            USING HINT = 'CREATE ROLE app; and GRANT app TO the login that WETPLATE_DATABASE_URL names.';
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO app;
GRANT SELECT ON alembic_version TO app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app;
"""

# By statement: a change of no rows is refused too. ALWAYS: session_replication_role is no way out.
REFUSAL = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: its rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

REFUSE = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GRANTS)
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(MUTABLE)} TO app")
    op.execute(REFUSAL)
    for table in APPEND_ONLY:
        op.execute(REFUSE.format(table=table))
