"""Every environment variable Wetplate reads, in one place. Nothing is read at import.

`settings()` reads the environment anew on each call, so that a test or a worker sees what it set.
Paths are relative to the checkout (`root`) unless absolute.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from wetplate.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent


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
        preview_url=os.environ.get("WETPLATE_PREVIEW_URL", "http://127.0.0.1:3001"),
        dagster_url=os.environ.get("WETPLATE_DAGSTER_URL"),
        ui_port=_count("WETPLATE_UI_PORT", 3000),
        reviewer=os.environ.get("WETPLATE_REVIEWER"),
    )


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).expanduser().resolve() if value else None


def _count(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdigit():
        raise SettingError(f"{name}={value!r}: expected a whole number, 0 or more")
    return int(value)


def _flag(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0", "false", "no")
