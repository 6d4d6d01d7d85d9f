"""Every environment variable Wetplate reads, in one place. Nothing is read at import.

`settings()` reads the environment anew on each call, so that a test or a worker sees what it set.
Paths are relative to the checkout (`root`) unless absolute.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from wetplate.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent
#: Caches are purged a second time, and watch for late answers until then, on the word that no origin is deaf
#: for longer (delivery.purging.schedule, delivery.edge.vcl).
STALEST = 30


@dataclass(frozen=True)
class Settings:
    """What the outside configured.

    Attributes:
        families: folder that holds one folder per product family (WETPLATE_FAMILIES).
        var: folder for everything a run leaves behind locally (WETPLATE_VAR).
        database_url: SQLAlchemy URL of the catalog, role app (WETPLATE_DATABASE_URL); None: embedded.
        owner_url: the same database as the owner role, for migrations (WETPLATE_OWNER_URL).
        objects_url: `file:///folder`, `s3://bucket/prefix` or `memory:` (WETPLATE_OBJECTS_URL).
        s3_endpoint: endpoint of an S3-compatible store (WETPLATE_S3_ENDPOINT).
        painter: `diffusers` or `fake` (WETPLATE_PAINTER); `fake` needs dry_run.
        dry_run: allows fakes (WETPLATE_DRY_RUN=1); what a fake painted is never published. Give a dry run a
            database and a store of its own: a recipe that a fake has painted counts as painted.
        device, dtype, batch, threads, compile: how the painter runs (WETPLATE_DEVICE, ...).
        executor: `local`, `in-process`, `ray` or `k8s` (WETPLATE_EXECUTOR).
        postgres_bin: folder with initdb and pg_ctl (WETPLATE_POSTGRES_BIN).
        postgres_user: unprivileged user that runs Postgres when we are root (WETPLATE_POSTGRES_USER).
        c2pa_certificate, c2pa_key: PEM files of the signing chain (WETPLATE_C2PA_...).
        c2pa_timestamp: URL of an RFC 3161 authority that vouches for when a file was signed
            (WETPLATE_C2PA_TIMESTAMP); None: nobody does, and that is recorded.
        preview_url: where contact sheets are served to people at work (WETPLATE_PREVIEW_URL).
        dagster_url: SQLAlchemy URL of Dagster's own storage, psycopg2 (WETPLATE_DAGSTER_URL); None: embedded.
        ui_port: port of the Dagster UI in `make dev` (WETPLATE_UI_PORT).
        reviewer: name recorded with a person's decision (WETPLATE_REVIEWER).
    """

    families: Path
    var: Path
    database_url: str | None
    owner_url: str | None
    objects_url: str
    s3_endpoint: str | None
    painter: str
    dry_run: bool
    device: str
    dtype: str
    batch: int
    threads: int
    compile: bool
    executor: str
    postgres_bin: Path | None
    postgres_user: str | None
    c2pa_certificate: Path | None
    c2pa_key: Path | None
    c2pa_timestamp: str | None
    preview_url: str
    dagster_url: str | None
    ui_port: int
    reviewer: str | None


def settings() -> Settings:
    """The environment as it is now."""
    var = _path("WETPLATE_VAR") or ROOT / "var"
    return Settings(
        families=_path("WETPLATE_FAMILIES") or ROOT / "families",
        var=var,
        database_url=os.environ.get("WETPLATE_DATABASE_URL"),
        owner_url=os.environ.get("WETPLATE_OWNER_URL"),
        objects_url=os.environ.get("WETPLATE_OBJECTS_URL") or f"file://{var / 'objects'}",
        s3_endpoint=os.environ.get("WETPLATE_S3_ENDPOINT"),
        painter=os.environ.get("WETPLATE_PAINTER", "diffusers"),
        dry_run=_flag("WETPLATE_DRY_RUN"),
        device=os.environ.get("WETPLATE_DEVICE", "auto"),
        dtype=os.environ.get("WETPLATE_DTYPE", "float32"),
        batch=_count("WETPLATE_BATCH", 8),
        threads=_count("WETPLATE_THREADS", 0),
        compile=_flag("WETPLATE_COMPILE"),
        executor=os.environ.get("WETPLATE_EXECUTOR", "local"),
        postgres_bin=_path("WETPLATE_POSTGRES_BIN"),
        postgres_user=os.environ.get("WETPLATE_POSTGRES_USER"),
        c2pa_certificate=_path("WETPLATE_C2PA_CERTIFICATE"),
        c2pa_key=_path("WETPLATE_C2PA_KEY"),
        c2pa_timestamp=os.environ.get("WETPLATE_C2PA_TIMESTAMP"),
        preview_url=os.environ.get("WETPLATE_PREVIEW_URL", "http://127.0.0.1:3001"),
        dagster_url=os.environ.get("WETPLATE_DAGSTER_URL"),
        ui_port=_count("WETPLATE_UI_PORT", 3000),
        reviewer=os.environ.get("WETPLATE_REVIEWER"),
    )


@dataclass(frozen=True)
class Serving:
    """What concerns the origin and the edge in front of it.

    Attributes:
        public_url: what strangers see in front of paths: scheme and host of the outermost cache
            (WETPLATE_PUBLIC_URL); empty: addresses are paths.
        origin_url: where `make dev` and `make edge` put the origin (WETPLATE_ORIGIN_URL).
        edge_url: where they put Varnish (WETPLATE_EDGE_URL).
        url_keys: the key ring of signed URLs, `id:hex,id:hex`; the first signs, all verify
            (WETPLATE_URL_KEYS); None: a file under `var`, made on first use.
        memory_bytes: bodies the origin keeps in memory (WETPLATE_MEMORY_BYTES).
        staleness: seconds without news after which the origin serves nothing that could have been taken
            down meanwhile (WETPLATE_STALENESS); STALEST at most.
        workers: processes that transform (WETPLATE_TRANSFORM_WORKERS); 0: one per core, at most 4.
        queue: transforms that may wait (WETPLATE_TRANSFORM_QUEUE).
        transform_seconds: after which a worker is killed (WETPLATE_TRANSFORM_SECONDS).
        transform_memory: bytes one worker may take (WETPLATE_TRANSFORM_MEMORY).
        per_client: uncached transforms a client may ask for in a minute (WETPLATE_TRANSFORMS_PER_CLIENT).
        per_image: the same of one image, whoever asks (WETPLATE_TRANSFORMS_PER_IMAGE).
        trusted_proxies: comma-separated addresses and networks whose X-Forwarded-For is believed
            (WETPLATE_TRUSTED_PROXIES).
        transform_store_bytes: what made-on-demand files may take in the store
            (WETPLATE_TRANSFORM_STORE_BYTES).
        purgers: the caches that must forget, `kind=where` separated by spaces: `shield=http://...`,
            `varnish=http://...`, `fastly=SERVICE`, `cloudflare=ZONE`, `cloudfront=DISTRIBUTION`; empty: none
            (WETPLATE_PURGERS).
        purge_token: what the edge wants to see with a purge (WETPLATE_PURGE_TOKEN); None: a file under `var`.
        purge_from: comma-separated networks a purge may come from (WETPLATE_PURGE_FROM).
        fastly_token, cloudflare_token: of an account that may purge (WETPLATE_FASTLY_TOKEN,
            WETPLATE_CLOUDFLARE_TOKEN); CloudFront's come from where boto3 finds them.
        varnishd, vmods: the binary and the folder of its modules (WETPLATE_VARNISHD, WETPLATE_VMODS).
        edge_memory: bytes Varnish may keep (WETPLATE_EDGE_MEMORY).
        metrics_folder: where several workers keep the numbers they add up (PROMETHEUS_MULTIPROC_DIR); None:
            one process, whose numbers are in its memory. prometheus-client reads it too, when imported.
        otlp_endpoint: where traces are sent (OTEL_EXPORTER_OTLP_ENDPOINT); None: none are made.
    """

    public_url: str
    origin_url: str
    edge_url: str
    url_keys: str | None
    memory_bytes: int
    staleness: int
    workers: int
    queue: int
    transform_seconds: int
    transform_memory: int
    per_client: int
    per_image: int
    trusted_proxies: str
    transform_store_bytes: int
    purgers: str
    purge_token: str | None
    purge_from: str
    fastly_token: str | None
    cloudflare_token: str | None
    varnishd: str
    vmods: Path | None
    edge_memory: int
    metrics_folder: Path | None
    otlp_endpoint: str | None


def serving() -> Serving:
    """The environment of the origin and the edge as it is now. Raises SettingError."""
    return Serving(
        public_url=os.environ.get("WETPLATE_PUBLIC_URL", "").rstrip("/"),
        origin_url=os.environ.get("WETPLATE_ORIGIN_URL", "http://127.0.0.1:3002").rstrip("/"),
        edge_url=os.environ.get("WETPLATE_EDGE_URL", "http://127.0.0.1:3003").rstrip("/"),
        url_keys=os.environ.get("WETPLATE_URL_KEYS"),
        memory_bytes=_count("WETPLATE_MEMORY_BYTES", 128 * 2**20),
        staleness=_staleness(),
        workers=_count("WETPLATE_TRANSFORM_WORKERS", 0),
        queue=_count("WETPLATE_TRANSFORM_QUEUE", 64),
        transform_seconds=_count("WETPLATE_TRANSFORM_SECONDS", 10),
        transform_memory=_count("WETPLATE_TRANSFORM_MEMORY", 1024 * 2**20),
        per_client=_count("WETPLATE_TRANSFORMS_PER_CLIENT", 120),
        per_image=_count("WETPLATE_TRANSFORMS_PER_IMAGE", 240),
        trusted_proxies=os.environ.get("WETPLATE_TRUSTED_PROXIES", "127.0.0.1"),
        transform_store_bytes=_count("WETPLATE_TRANSFORM_STORE_BYTES", 10 * 2**30),
        purgers=os.environ.get("WETPLATE_PURGERS", ""),
        purge_token=os.environ.get("WETPLATE_PURGE_TOKEN"),
        purge_from=os.environ.get("WETPLATE_PURGE_FROM", "127.0.0.1,::1"),
        fastly_token=os.environ.get("WETPLATE_FASTLY_TOKEN"),
        cloudflare_token=os.environ.get("WETPLATE_CLOUDFLARE_TOKEN"),
        varnishd=os.environ.get("WETPLATE_VARNISHD", "varnishd"),
        vmods=_path("WETPLATE_VMODS"),
        edge_memory=_count("WETPLATE_EDGE_MEMORY", 256 * 2**20),
        metrics_folder=_path("PROMETHEUS_MULTIPROC_DIR"),
        otlp_endpoint=os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"),
    )


@dataclass(frozen=True)
class Reviewing:
    """What concerns the review console.

    Attributes:
        url: where people find it: scheme, host, port (WETPLATE_REVIEW_URL). Sign-in returns there; cookies
            are `Secure` when it is https.
        oidc_issuer: OpenID provider (WETPLATE_OIDC_ISSUER); None: local reviewers sign in with a password.
        oidc_client, oidc_secret: as which the console is known there (WETPLATE_OIDC_CLIENT,
            WETPLATE_OIDC_SECRET).
        oidc_claim: claim of the ID token that lists the roles; `a.b` is b within a (WETPLATE_OIDC_CLAIM).
        session_hours: after which everybody signs in again (WETPLATE_SESSION_HOURS).
        idle_minutes: after which somebody who does nothing is signed out (WETPLATE_IDLE_MINUTES).
        lease_seconds: for which a task is somebody's without a sign of life (WETPLATE_LEASE_SECONDS).
        undo_seconds: for which a decision can be undone before it counts (WETPLATE_UNDO_SECONDS).
        sla_hours: within which a task is due (WETPLATE_SLA_HOURS).
        personal_key: hex of the key that wraps the keys of personal fields (WETPLATE_PERSONAL_KEY); None: a
            file under `var`, made on first use.
        attestation_key: PEM file of the P-256 key that signs public provenance, audit heads and evidence
            (WETPLATE_ATTESTATION_KEY); None: a file under `var`, made on first use.
        attestation_retired: folder of public keys (PEM) that signed before it and still verify
            (WETPLATE_ATTESTATION_RETIRED); None: a folder under `var`.
        retain_days: for which what was redacted is kept out of reach before it is deleted
            (WETPLATE_RETAIN_DAYS).
        notice_days: after which who said what in a closed notice is erased and its evidence deleted, unless
            it is held (WETPLATE_NOTICE_DAYS).
    """

    url: str
    oidc_issuer: str | None
    oidc_client: str | None
    oidc_secret: str | None
    oidc_claim: str
    session_hours: int
    idle_minutes: int
    lease_seconds: int
    undo_seconds: int
    sla_hours: int
    personal_key: str | None
    attestation_key: Path | None
    attestation_retired: Path | None
    retain_days: int
    notice_days: int


def reviewing() -> Reviewing:
    """The environment of the review console as it is now. Raises SettingError."""
    return Reviewing(
        url=os.environ.get("WETPLATE_REVIEW_URL", "http://127.0.0.1:3004").rstrip("/"),
        oidc_issuer=os.environ.get("WETPLATE_OIDC_ISSUER"),
        oidc_client=os.environ.get("WETPLATE_OIDC_CLIENT"),
        oidc_secret=os.environ.get("WETPLATE_OIDC_SECRET"),
        oidc_claim=os.environ.get("WETPLATE_OIDC_CLAIM", "wetplate_role"),
        session_hours=_count("WETPLATE_SESSION_HOURS", 12),
        idle_minutes=_count("WETPLATE_IDLE_MINUTES", 60),
        lease_seconds=_count("WETPLATE_LEASE_SECONDS", 600),
        undo_seconds=_count("WETPLATE_UNDO_SECONDS", 10),
        sla_hours=_count("WETPLATE_SLA_HOURS", 24),
        personal_key=os.environ.get("WETPLATE_PERSONAL_KEY"),
        attestation_key=_path("WETPLATE_ATTESTATION_KEY"),
        attestation_retired=_path("WETPLATE_ATTESTATION_RETIRED"),
        retain_days=_count("WETPLATE_RETAIN_DAYS", 30),
        notice_days=_count("WETPLATE_NOTICE_DAYS", 1095),
    )


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).expanduser().resolve() if value else None


def _count(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdigit():
        raise SettingError(f"{name}={value!r}: expected a whole number, 0 or more")
    return int(value)


def _staleness() -> int:
    seconds = _count("WETPLATE_STALENESS", STALEST)
    if seconds > STALEST:
        raise SettingError(
            f"WETPLATE_STALENESS={seconds}: {STALEST} at most; an origin that is deaf for longer could fill "
            "caches with what was taken down after they were purged for the last time"
        )
    return seconds


def _flag(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0", "false", "no")
