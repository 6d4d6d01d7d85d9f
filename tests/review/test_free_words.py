"""What people write stands nowhere in the clear, is read by whoever may, and is gone once it is erased."""

from sqlalchemy import Engine, text

from tests.review.desk import ADA, BOB, EVE, Desk
from tests.review.people import WRAPPING
from wetplate.publication.notices import catalog as complaints
from wetplate.publication.notices import decisions, execute, locate
from wetplate.retention import personal, words
from wetplate.review import decisions as decided
from wetplate.review import notices
from wetplate.review.history import history
from wetplate.storage.database import Base, transaction

SECRET = "Grace Hopper, grace@example.org, +1 202 555 0100"
ERASED = words.ERASED


def everything(database: Engine) -> str:
    """All that stands in the catalog, as text."""
    with transaction(database) as session:
        query = "SELECT coalesce(string_agg(t::text, ' '), '') FROM {} t"
        return " ".join(
            session.execute(text(query.format(name))).scalar_one() for name in Base.metadata.tables
        )


def complained(desk: Desk) -> str:
    """A notice, refused, appealed, confirmed and closed, with words in every place that takes some."""
    said = {"reason": SECRET, "law": SECRET, "work": SECRET, "name": SECRET, "email": SECRET}
    with transaction(desk.database) as session:
        where = locate.pointed(["/gallery/"])
        how = {"kind": "dsa", "said": said, "where": where, "actor": "stranger", "channel": "form"}
        id = complaints.file(session, WRAPPING, **how).notice.id  # type: ignore[arg-type]
        first = (desk.objects, id, BOB, "refuse", "permitted", SECRET)
        notices.settle(session, *first, wrapping=WRAPPING)
        for verb in (execute.execute, execute.verified, execute.told):
            verb(session, id, "pipeline")
        decisions.appeal(session, id, "stranger", SECRET, wrapping=WRAPPING)
        second = (desk.objects, id, EVE, "refuse", "stands", SECRET)
        notices.settle(session, *second, wrapping=WRAPPING)
        decisions.close(session, id, "person:x", SECRET, wrapping=WRAPPING)
    return id


def test_words_about_a_notice(desk: Desk) -> None:
    id = complained(desk)
    assert "Hopper" not in everything(desk.database)
    with transaction(desk.database) as session:
        row = complaints.find(session, id)
        said = complaints.said(session, WRAPPING, row)
        assert {said[name] for name in ("reason", "law", "work", "appeal")} == {SECRET}
        assert complaints.said(session, None, row)["reason"] == words.SEALED
        assert complaints.persons(session, WRAPPING, id) == {"name": SECRET, "email": SECRET}
        told = [complaints.told(session, WRAPPING, event) for event in complaints.events(session, id)]
        assert sum(SECRET in (each.get("facts"), each.get("note")) for each in told) == 3
        personal.erase(session, f"notice:{id}", "person:x")
    with transaction(desk.database) as session:
        row = complaints.find(session, id)
        assert {complaints.said(session, WRAPPING, row)[name] for name in ("reason", "appeal")} == {ERASED}
        told = [complaints.told(session, WRAPPING, event) for event in complaints.events(session, id)]
        assert SECRET not in str(told)
        for made in history(session, f"notice:{id}", ADA, wrapping=WRAPPING):
            assert made.details["facts"] == ERASED


def test_the_note_of_a_reviewer(desk: Desk) -> None:
    recipe_id = desk.say(0)
    desk.decide(ADA, "review", recipe_id, "approve", "looks-right", note=SECRET)
    assert "Hopper" not in everything(desk.database)
    with transaction(desk.database) as session:
        (row,) = decided.of(session, recipe_id)
        assert decided.note(session, WRAPPING, row) == SECRET
        assert SECRET in history(session, recipe_id, ADA, wrapping=WRAPPING)[-1].reasons
        personal.erase(session, decided.about(row.stream, row.task), "person:x")
    with transaction(desk.database) as session:
        assert ERASED in history(session, recipe_id, ADA, wrapping=WRAPPING)[-1].reasons
