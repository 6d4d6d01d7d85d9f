"""Trust: pictures from outside and redacted ones, work for people, notices, erasure, the audit trail."""

from alembic import op

revision = "0003"
down_revision = "0002"

#: Columns of a chained table (storage.chain).
CHAIN = """id SERIAL PRIMARY KEY,
    stream VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    body VARCHAR NOT NULL,
    previous VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    UNIQUE (stream, position),"""

RECIPES = """
ALTER TABLE recipes ADD COLUMN kind VARCHAR NOT NULL DEFAULT 'generation';
ALTER TABLE recipes ALTER COLUMN kind DROP DEFAULT;
CREATE INDEX recipes_of ON recipes ((body ->> 'of'));
"""

# What strangers ask by: the name of a file, also of one that is gone, and the pixels of a picture.
LOOKED_UP = """
DROP INDEX derivatives_name;
CREATE INDEX derivatives_name ON derivatives (name);
CREATE INDEX transforms_name ON transforms (name);
CREATE INDEX ix_canonical_images_pixel_sha256 ON canonical_images (pixel_sha256);
"""

# Moderation: what a signal was measured against and where in the picture; the policy as it was; calibration.
MODERATION = """
ALTER TABLE signals
    ADD COLUMN region JSONB, ADD COLUMN slug VARCHAR, ADD COLUMN approve DOUBLE PRECISION,
    ADD COLUMN reject DOUBLE PRECISION;
ALTER TABLE verdicts
    ADD COLUMN evidence JSONB, ADD COLUMN slugs JSONB, ADD COLUMN restricted BOOLEAN,
    ADD COLUMN audit BOOLEAN;

CREATE TABLE policies (
    sha256 VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    taxonomy VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE calibrations (
    record VARCHAR PRIMARY KEY,
    detector VARCHAR NOT NULL,
    revision VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    signed_by VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX calibrations_detector ON calibrations (detector, revision);

CREATE SEQUENCE leases AS BIGINT;
CREATE TABLE tasks (
    id SERIAL PRIMARY KEY,
    queue VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    object_sha256 VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    round INTEGER NOT NULL,
    opened_by VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    slugs JSONB NOT NULL,
    sensitive BOOLEAN NOT NULL,
    restricted BOOLEAN NOT NULL,
    excluded JSONB NOT NULL,
    skipped JSONB NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    lease BIGINT,
    leased_by VARCHAR,
    leased_until TIMESTAMPTZ,
    lapses INTEGER NOT NULL,
    proposed JSONB,
    commit_at TIMESTAMPTZ,
    refusal VARCHAR,
    closed_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX tasks_once ON tasks (queue, subject, round);
CREATE UNIQUE INDEX tasks_open ON tasks (queue, subject) WHERE closed_at IS NULL;
CREATE INDEX tasks_due ON tasks (queue, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX tasks_family ON tasks (queue, family, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX tasks_proposed ON tasks (commit_at) WHERE commit_at IS NOT NULL AND closed_at IS NULL;
CREATE INDEX tasks_subject ON tasks (subject);
"""

# The console: who may decide, what was decided, who looked at what.
REVIEW = f"""
CREATE TABLE reviewers (
    id VARCHAR PRIMARY KEY,
    login VARCHAR NOT NULL UNIQUE,
    role VARCHAR NOT NULL,
    password VARCHAR,
    active BOOLEAN NOT NULL,
    preferences JSONB NOT NULL,
    failures INTEGER NOT NULL,
    locked_until TIMESTAMPTZ,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE sessions (
    id VARCHAR PRIMARY KEY,
    reviewer VARCHAR NOT NULL REFERENCES reviewers (id),
    csrf VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_sessions_reviewer ON sessions (reviewer);

CREATE TABLE sign_ins (
    id VARCHAR PRIMARY KEY,
    browser VARCHAR NOT NULL,
    nonce VARCHAR NOT NULL,
    verifier VARCHAR NOT NULL,
    onward VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE account_events (
    {CHAIN}
    event VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    details JSONB NOT NULL
);

CREATE TABLE decisions (
    {CHAIN}
    task INTEGER NOT NULL,
    queue VARCHAR NOT NULL,
    round INTEGER NOT NULL,
    object_sha256 VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    reviewer VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    lease BIGINT NOT NULL,
    details JSONB NOT NULL
);
CREATE UNIQUE INDEX decisions_once ON decisions (stream, queue, round);
CREATE INDEX decisions_reviewer ON decisions (reviewer);
CREATE INDEX decisions_disclosing ON decisions (stream) WHERE details ? 'disclosure';

CREATE TABLE accesses (
    {CHAIN}
    actor VARCHAR NOT NULL,
    what VARCHAR NOT NULL,
    why VARCHAR NOT NULL
);
"""

RETENTION = f"""
CREATE TABLE personal_keys (
    subject VARCHAR PRIMARY KEY,
    key BYTEA,
    at TIMESTAMPTZ NOT NULL,
    erased_at TIMESTAMPTZ
);

CREATE TABLE personal (
    subject VARCHAR NOT NULL REFERENCES personal_keys (subject),
    field VARCHAR NOT NULL,
    sealed BYTEA NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subject, field)
);

CREATE TABLE erasures (
    {CHAIN}
    actor VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    fields JSONB NOT NULL
);

CREATE TABLE holds (
    {CHAIN}
    action VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    until TIMESTAMPTZ
);

CREATE TABLE restricted (
    key VARCHAR PRIMARY KEY,
    subject VARCHAR NOT NULL,
    moved_to VARCHAR,
    sha256 VARCHAR NOT NULL,
    bytes INTEGER NOT NULL,
    content_type VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    retain_until TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX restricted_due ON restricted (retain_until) WHERE deleted_at IS NULL;
CREATE INDEX restricted_subject ON restricted (subject);
"""

SIMILARITY = """
CREATE TABLE fingerprints (
    object_sha256 VARCHAR PRIMARY KEY,
    recipe_id VARCHAR NOT NULL REFERENCES recipes (id),
    pixel_sha256 VARCHAR NOT NULL,
    phash BIGINT NOT NULL,
    colours BYTEA NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX fingerprints_recipe ON fingerprints (recipe_id);
CREATE INDEX fingerprints_pixels ON fingerprints (pixel_sha256);

CREATE TABLE blocks (
    id SERIAL PRIMARY KEY,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    colours BYTEA,
    subject VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    lifted_at TIMESTAMPTZ,
    lifted_by VARCHAR
);
CREATE UNIQUE INDEX blocks_in_force ON blocks (kind, value, subject) WHERE lifted_at IS NULL;
CREATE INDEX blocks_value ON blocks (kind, value) WHERE lifted_at IS NULL;
"""

# What of a picture from outside is not known is null; a redacted one names the recipe it was made from.
PROVENANCE = f"""
ALTER TABLE provenance
    ALTER COLUMN model_id DROP NOT NULL, ALTER COLUMN model_revision DROP NOT NULL,
    ALTER COLUMN model_files DROP NOT NULL, ALTER COLUMN prompt DROP NOT NULL,
    ALTER COLUMN negative_prompt DROP NOT NULL, ALTER COLUMN parameters DROP NOT NULL,
    ALTER COLUMN seed DROP NOT NULL, ALTER COLUMN runtime DROP NOT NULL, ALTER COLUMN run_id DROP NOT NULL,
    ALTER COLUMN painted_at DROP NOT NULL,
    ADD COLUMN derived_from VARCHAR REFERENCES recipes (id), ADD COLUMN ingredient_key VARCHAR,
    ADD COLUMN unknown JSONB;

CREATE TABLE originals (
    recipe_id VARCHAR PRIMARY KEY REFERENCES recipes (id),
    sha256 VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    bytes INTEGER NOT NULL,
    media_type VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    source_type VARCHAR NOT NULL,
    credentials VARCHAR NOT NULL,
    manifest_key VARCHAR,
    infotext JSONB,
    unknown JSONB NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_originals_sha256 ON originals (sha256);

CREATE TABLE credentials (
    canonical_id VARCHAR PRIMARY KEY REFERENCES canonical_images (id),
    key VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    bytes INTEGER NOT NULL,
    timestamp VARCHAR,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE disclosures (
    {CHAIN}
    need VARCHAR NOT NULL,
    depicts JSONB NOT NULL,
    words VARCHAR NOT NULL,
    actor VARCHAR NOT NULL
);
"""

NOTICES = f"""
CREATE TABLE notices (
    id VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    outcome VARCHAR,
    located JSONB NOT NULL,
    said JSONB NOT NULL,
    receipt VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ,
    withdrawn_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ
);
CREATE INDEX notices_state ON notices (state, at);
CREATE INDEX notices_due ON notices (due_at) WHERE closed_at IS NULL;

CREATE TABLE notice_images (
    notice VARCHAR NOT NULL REFERENCES notices (id),
    canonical_id VARCHAR NOT NULL REFERENCES canonical_images (id),
    relation VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice, canonical_id)
);
CREATE INDEX ix_notice_images_canonical_id ON notice_images (canonical_id);

CREATE TABLE notice_events (
    {CHAIN}
    event VARCHAR NOT NULL,
    from_state VARCHAR NOT NULL,
    to_state VARCHAR NOT NULL,
    actor VARCHAR NOT NULL,
    details JSONB NOT NULL
);

CREATE TABLE evidence (
    key VARCHAR PRIMARY KEY,
    notice VARCHAR NOT NULL REFERENCES notices (id),
    sha256 VARCHAR NOT NULL,
    bytes INTEGER NOT NULL,
    what VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX ix_evidence_notice ON evidence (notice);
"""

AUDIT = """
CREATE TABLE audit_leaves (
    position BIGINT PRIMARY KEY,
    source VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    row_id VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    UNIQUE (source, row_id)
);

CREATE TABLE audit_heads (
    size BIGINT PRIMARY KEY,
    root VARCHAR NOT NULL,
    subtrees JSONB NOT NULL,
    key VARCHAR NOT NULL,
    signed VARCHAR NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
"""

# Rows of these tables are evidence: written once, changed never.
APPEND_ONLY = (
    "policies", "calibrations", "account_events", "decisions", "accesses", "erasures", "holds",
    "disclosures", "originals", "credentials", "notice_events", "audit_leaves", "audit_heads",
)  # fmt: skip

# Rows of these tables are the present state: app keeps them true.
MUTABLE = (
    "tasks", "reviewers", "sessions", "sign_ins", "personal_keys", "personal", "restricted",
    "fingerprints", "blocks", "notices", "notice_images", "evidence",
)  # fmt: skip

REFUSE = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;
"""


def upgrade() -> None:
    for tables in (RECIPES, LOOKED_UP, MODERATION, REVIEW, RETENTION, SIMILARITY, PROVENANCE, NOTICES, AUDIT):
        op.execute(tables)
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(MUTABLE)} TO app")
    for table in APPEND_ONLY:
        op.execute(REFUSE.format(table=table))
