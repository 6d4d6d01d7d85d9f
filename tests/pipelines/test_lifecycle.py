"""A family's life as Dagster runs it, and the gate that no order of runs gets round."""

from collections.abc import Iterator, Sequence

import dagster as dg
import pytest
from sqlalchemy import select

from tests.lifecycle.stand_ins import Painter, doubtful
from tests.lifecycle.walk import approve_all
from tests.moderation.people import decide
from tests.pipelines.conftest import House
from wetplate.errors import PaintingError
from wetplate.generation.painter import Painting
from wetplate.moderation import queue
from wetplate.publication import moves
from wetplate.publication.tables import PublicationRow
from wetplate.publication.verify import verify
from wetplate.recipes.recipe import Recipe
from wetplate.storage.database import transaction


def test_one_run_takes_a_family_from_its_file_to_the_public(house: House) -> None:
    house.family("boots", "white", "black", "red")
    result = house.run("lifecycle", "boots")
    assert result.success
    done = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert len(done) == 7
    checks = result.get_asset_check_evaluations()
    assert len(checks) == 8
    assert all(check.passed for check in checks), [c.check_name for c in checks if not c.passed]
    now = house.standing("boots")
    assert now.painted == now.variants == 3
    assert now.published == now.approved


def test_what_a_person_sees_beside_a_materialisation(house: House) -> None:
    house.family("boots")
    house.run("lifecycle", "boots")

    def metadata(name: str) -> dict[str, object]:
        event = house.instance.get_latest_materialization_event(dg.AssetKey(name))
        assert event is not None
        assert event.asset_materialization is not None
        return {key: value.value for key, value in event.asset_materialization.metadata.items()}

    painted = metadata("paintings")
    assert painted["painted"] == 2
    assert painted["waiting_for_budget"] == 0
    assert str(painted["contact_sheet"]).endswith("/families/boots/paintings.webp")
    judged = metadata("moderation_verdicts")
    assert "| score | images |" in str(judged["scores"])
    assert "is blind to" in str(judged["detectors"])
    assert int(str(metadata("derivatives")["bytes"])) > 0


def test_a_second_run_paints_nothing_and_changes_nothing(house: House) -> None:
    house.family("boots")
    house.run("lifecycle", "boots")
    before = house.standing("boots"), [entry.key for entry in house.objects.list()]

    class Refusing(Painter):
        def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
            assert not recipes, "a second run must not paint"
            yield from ()

    house.outside["painter"] = Refusing()
    assert house.run("lifecycle", "boots").success
    assert (house.standing("boots"), [entry.key for entry in house.objects.list()]) == before


@pytest.mark.parametrize("order", [("good", "bad"), ("bad", "good")])
def test_one_family_s_pass_never_lets_another_s_reject_out(house: House, order: tuple[str, str]) -> None:
    """In both orders, and also when somebody materialises the later stages by hand."""
    for slug in order:
        house.family(slug)
        house.outside["open_classifiers"] = doubtful
        house.run("lifecycle", slug, select=["recipes", "paintings", "moderation_verdicts"])
    approve_all(house.database, "good")
    reject_all(house, "bad")
    for slug in order:
        for stage in ("canonical_images", "provenance", "derivatives", "publications"):
            assert house.run("lifecycle", slug, select=[stage]).success
    assert (house.standing("good").published, house.standing("good").rejected) == (2, 0)
    bad = house.standing("bad")
    assert (bad.rejected, bad.admitted, bad.derivatives, bad.published) == (2, 0, 0, 0)
    pictures = [each for each in house.objects.list("canonical/") if each.key.endswith(".png")]
    assert len(pictures) == 2


def reject_all(house: House, slug: str) -> None:
    with transaction(house.database) as session:
        for image in queue.waiting(session, slug):
            decide(session, image.recipe_id, "reject", "tester", "quality/garbled")


def test_a_retry_paints_only_what_is_missing(house: House) -> None:
    class Failing(Painter):
        painted: list[str] = []  # noqa: RUF012
        failures = 1

        def paint(self, recipes: Sequence[Recipe]) -> Iterator[Painting]:
            for painting in super().paint(recipes):
                if len(self.painted) == 2 and self.failures:
                    type(self).failures = 0
                    raise PaintingError("the device fell over")
                self.painted.append(painting.recipe.id)
                yield painting

    house.family("boots", "white", "black", "red", "blue")
    house.outside["painter"] = Failing()
    assert house.run("lifecycle", "boots", select=["recipes", "paintings"]).success
    assert Failing.failures == 0
    assert house.standing("boots").painted == 4
    assert len(Failing.painted) == len(set(Failing.painted)) == 4


def test_work_over_the_budget_waits_and_says_so(house: House) -> None:
    house.family("boots", "white", "black", "red", images=2)
    result = house.run("lifecycle", "boots")
    assert result.success
    event = next(
        e for e in result.get_asset_materialization_events() if e.asset_key == dg.AssetKey("paintings")
    )
    assert event.materialization.metadata["waiting_for_budget"].value == 1
    coverage = next(c for c in result.get_asset_check_evaluations() if c.check_name == "coverage")
    assert not coverage.passed


def test_a_licence_that_does_not_allow_the_channel_is_told_not_published(house: House) -> None:
    house.family("boots", commercial="no")
    result = house.run("lifecycle", "boots")
    assert result.success
    approve_all(house.database, "boots")
    result = house.run("after_decision", "boots")
    assert house.standing("boots").published == 0
    event = next(e for e in result.get_asset_materialization_events() if "publications" in e.asset_key.path)
    refused = event.materialization.metadata["refused"].value
    assert len(refused) == 2
    assert "commercial" in refused[0]


def test_a_later_reject_takes_the_image_back(house: House) -> None:
    house.family("boots")
    house.run("lifecycle", "boots")
    approve_all(house.database, "boots")
    house.run("after_decision", "boots")
    with transaction(house.database) as session:
        image = session.scalars(select(PublicationRow.canonical_id)).first()
        assert image is not None
        event_id = moves.take_down(session, image, "tester", "trademark") and moves.pending(session, image)[0]
    config = {"ops": {"handle_event": {"config": {"event_id": event_id}}}}
    assert house.run("carry_out", run_config=config).success
    with transaction(house.database) as session:
        assert verify(session, house.objects) == []
    assert house.standing("boots").withdrawn == 1


def test_upkeep_jobs_run(house: House) -> None:
    house.family("boots")
    house.run("lifecycle", "boots")
    assert house.run("verify_invariants").success
    assert house.run("orphan_sweep").success
    assert house.run("retention").success


def test_verify_fails_with_what_is_broken(house: House) -> None:
    house.family("boots")
    house.run("lifecycle", "boots")
    lost = next(iter(house.objects.list("canonical/")))
    house.objects.delete(lost.key)
    result = house.run("verify_invariants")
    assert not result.success


def test_retention_keeps_what_holds_the_latest_materialisation(house: House) -> None:
    house.family("boots")
    for _ in range(3):
        house.run("lifecycle", "boots", select=["recipes"])
    runs = [record.dagster_run.run_id for record in house.instance.get_run_records()]
    assert len(runs) == 3
    assert house.run("retention", run_config={"ops": {"prune_runs": {"config": {"keep_days": 0}}}}).success
    left = {record.dagster_run.run_id for record in house.instance.get_run_records()}
    assert runs[0] in left
    assert not {runs[1], runs[2]} & left
