"""The catalog's numbers on a real Postgres: what stands is counted, what is away is said."""

from collections.abc import Iterator, Mapping

import pytest
from prometheus_client import CollectorRegistry, Metric
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from tests.canonical.paintings import painted
from tests.publication.images import admitted, published, verdict
from wetplate.delivery.health import readings
from wetplate.delivery.health.catalog import CatalogCollector
from wetplate.delivery.health.questions import by_audit, by_bucket, by_label
from wetplate.delivery.health.readings import Reading
from wetplate.derivatives import profiles
from wetplate.derivatives.tables import TransformRow
from wetplate.generation import budget
from wetplate.metrics import REGISTRY
from wetplate.publication import moves
from wetplate.recipes.catalog import family_of
from wetplate.storage.database import now, transaction
from wetplate.storage.memory import MemoryObjects


class Numbers:
    """What a collector tells, by name and labels."""

    def __init__(self, collector: CatalogCollector) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(collector)

    def of(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"wetplate_{name}", labels)


def samples(metrics: Iterator[Metric]) -> Mapping[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value for each in metrics for sample in each.samples
    }


def transform(canonical_id: str, number: int, **more: object) -> TransformRow:
    values = {"sha256": f"{number:064x}", "name": f"{number:016x}-64.png", "key": f"t/{number}"}
    shape = {"transform": f"w64_{number}.png", "width": 64, "height": 64, "format": "png", "bytes": 1000}
    made = {"tier": "fast", "version": 1, "credentials": "embedded"}
    return TransformRow(canonical_id=canonical_id, **{**values, **shape, **made, **more})


@pytest.fixture(scope="module")
def stocked(module_database: Engine) -> Engine:
    """A published image, two transforms of it, a painting that waits for a person, one that was rejected."""
    objects = MemoryObjects()
    with transaction(module_database) as session:
        image = published(session, objects)
        session.add(transform(image, 1, score=75.0))
        session.add(transform(image, 2, superseded_at=now()))
        waiting, rejected = (painted(session, objects, number) for number in (7, 8))
        for painting in (waiting, rejected):
            verdict(session, painting.recipe_id, painting.sha256, "review")
        verdict(session, rejected.recipe_id, rejected.sha256, "reject")
    return module_database


def test_what_stands_is_counted(stocked: Engine) -> None:
    numbers = Numbers(CatalogCollector(stocked))
    with transaction(stocked) as session:
        count, total = session.execute(
            text("SELECT count(*), sum(bytes) FROM derivatives WHERE format = 'avif' AND width = 128")
        ).one()
    avif = {"format": "avif", "width": "128"}
    assert numbers.of("catalog_up") == 1
    assert numbers.of("derivatives_published_total", **avif) == count == 1
    assert numbers.of("derivatives_published_total", format="png", width="64") is None
    assert numbers.of("transform_store_bytes", tier="fast") == 2000
    assert numbers.of("files_by_credentials", mode="sidecar") == 3
    assert numbers.of("files_by_credentials", mode="embedded") == 1
    assert numbers.of("files_by_credentials", mode="full") == 0
    assert numbers.of("derivative_bytes_sum", **avif) == total
    assert numbers.of("derivative_bytes_count", format="png", width="64") == 1
    assert numbers.of("derivative_bytes_bucket", format="png", width="64", le="1000.0") == 1
    assert numbers.of("derivative_ssimulacra2_bucket", format="png", le="75.0") == 1
    assert numbers.of("derivative_ssimulacra2_bucket", format="png", le="72.5") == 0
    assert numbers.of("images", state="published") == 1
    assert numbers.of("images", state="withdrawn") == 0
    assert numbers.of("moderation_verdicts_total", verdict="reject") == 1
    assert numbers.of("moderation_verdicts_total", verdict="review") == 2


def test_what_waits_is_counted_with_its_age(stocked: Engine) -> None:
    numbers = Numbers(CatalogCollector(stocked))
    assert numbers.of("review_waiting") == 1
    assert 0 <= (numbers.of("review_oldest_seconds") or -1) < 60
    assert numbers.of("takedown_outbox_pending") == 0


def test_a_takedown_is_open_until_every_purge_is_verified(
    database: Engine, session: Session, objects: MemoryObjects
) -> None:
    moves.take_down(session, admitted(session, objects), "test", "quality")
    session.commit()
    assert Numbers(CatalogCollector(database)).of("takedown_outbox_pending") == 1
    session.execute(
        text("""
        WITH done AS (UPDATE outbox SET handled_at = now() WHERE topic = 'image.withdrawn' RETURNING id)
        INSERT INTO purges (event_id, target, attempts, at, next_at)
        SELECT id, 'varnish 127.0.0.1:80', 1, now(), now() FROM done
        """)
    )
    session.commit()
    numbers = Numbers(CatalogCollector(database))
    assert numbers.of("takedown_outbox_pending") == 1
    assert numbers.of("purges_pending", target="varnish") == 1
    session.execute(
        text(
            "UPDATE purges p SET verified_at = e.at + interval '0.5 s' FROM outbox e WHERE e.id = p.event_id"
        )
    )
    session.commit()
    numbers = Numbers(CatalogCollector(database))
    assert numbers.of("takedown_outbox_pending") == 0
    assert numbers.of("takedown_oldest_seconds") == 0
    assert numbers.of("purges_pending", target="varnish") == 0
    assert numbers.of("takedown_to_verified_seconds_bucket", le="0.5") == 1
    assert numbers.of("takedown_to_verified_seconds_bucket", le="0.25") == 0


def test_the_budget_of_the_family_nearest_its_end(stocked: Engine) -> None:
    with transaction(stocked) as session:
        limits = family_of(session, "boots").budget
        budget.grant(session, "boots", limits.images_per_day // 4, limits)
        budget.spend(session, "boots", limits.device_seconds_per_day * 500)
    numbers = Numbers(CatalogCollector(stocked))
    assert numbers.of("painting_budget_used_ratio", resource="images") == pytest.approx(0.25)
    assert numbers.of("painting_budget_used_ratio", resource="device_seconds") == pytest.approx(0.5)


def test_an_answer_is_good_for_a_while(database: Engine, session: Session, objects: MemoryObjects) -> None:
    fresh, kept = CatalogCollector(database, pressing=0), CatalogCollector(database, pressing=60)
    assert [Numbers(each).of("review_waiting") for each in (fresh, kept)] == [0, 0]
    waiting = painted(session, objects, 7)
    verdict(session, waiting.recipe_id, waiting.sha256, "review")
    session.commit()
    assert [Numbers(each).of("review_waiting") for each in (fresh, kept)] == [1, 0]


def test_without_a_catalog_only_that_is_told() -> None:
    nobody = create_engine("postgresql+psycopg://app@127.0.0.1:9/none", connect_args={"connect_timeout": 1})
    assert [family.name for family in CatalogCollector(nobody).collect()] == ["wetplate_catalog_up"]
    assert Numbers(CatalogCollector(nobody)).of("catalog_up") == 0


def test_who_comes_while_another_asks_is_not_kept_waiting(database: Engine) -> None:
    collector = CatalogCollector(database)
    with collector._turn:
        assert Numbers(collector).of("catalog_up") == 0
    assert Numbers(collector).of("catalog_up") == 1


def test_rows_off_the_lists_are_told_as_other() -> None:
    read = Reading("gauge", "things", "Things.", {"kind": ("a", "b")})
    told = samples(by_label(read)([("a", 1), ("secret", 2), ("https://x", 3)]))
    assert told == {("wetplate_things", "a"): 1, ("wetplate_things", "b"): 0, ("wetplate_things", "other"): 5}


def test_buckets_are_cumulated_and_a_bound_counts_below_itself() -> None:
    read = Reading("histogram", "sizes", "Sizes.", {}, (10.0, 20.0))
    told = samples(by_bucket(read)([(2, 3, 15), (1, 1, 20), (0, 2, 90)]))
    assert told == {
        ("wetplate_sizes_bucket", "10.0"): 3,
        ("wetplate_sizes_bucket", "20.0"): 4,
        ("wetplate_sizes_bucket", "+Inf"): 6,
        ("wetplate_sizes_count",): 6,
        ("wetplate_sizes_sum",): 125,
    }


def test_every_read_family_is_told(stocked: Engine) -> None:
    told = {family.name for family in CatalogCollector(stocked).collect()}
    assert told == {read.full_name.removesuffix("_total") for read in readings.ALL}


def test_readings_have_closed_labels_and_names_of_their_own() -> None:
    names = [reading.full_name for reading in readings.ALL]
    assert {each for each in vars(readings).values() if isinstance(each, Reading)} == set(readings.ALL)
    assert len(set(names)) == len(names)
    assert not set(names) & set(REGISTRY._names_to_collectors)
    assert all(listed for reading in readings.ALL for listed in reading.labels.values())
    assert tuple(sorted(set(readings.SIZES))) == readings.SIZES
    assert tuple(sorted(set(readings.SCORES))) == readings.SCORES


def test_every_width_that_is_made_ahead_has_a_series_of_its_own() -> None:
    wanted = {width for name in profiles.names() for width in profiles.load(name).widths}
    assert {str(width) for width in wanted} <= set(readings.WIDTHS)


def test_audit_samples_tell_an_estimate_once_one_is_decided() -> None:
    ratio, drawn = "wetplate_moderation_false_approve_ratio", "wetplate_moderation_audit_samples"
    told = samples(by_audit([(12, 10, 0)]))
    assert told[(ratio, "estimate")] == told[(ratio, "low")] == 0
    assert told[(ratio, "high")] == pytest.approx(0.2775, abs=1e-4)
    assert (told[(drawn, "decided")], told[(drawn, "waiting")]) == (10, 2)
    none = samples(by_audit([(0, 0, 0)]))
    assert (ratio, "estimate") not in none
    assert (none[(ratio, "low")], none[(ratio, "high")]) == (0, 1)
