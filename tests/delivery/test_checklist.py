"""The six questions are answered by what rows say and what a stranger gets, never by hope."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.delivery.house import House
from wetplate.cli.checklist import command, shown
from wetplate.delivery.checklist import rows
from wetplate.delivery.checklist.answers import Answer, Evidence, Word, found
from wetplate.delivery.checklist.ask import ask
from wetplate.delivery.checklist.outside import measured
from wetplate.storage.memory import MemoryObjects

pytestmark = pytest.mark.xdist_group("origin")
LATE = """INSERT INTO outbox (topic, key, family, payload, at)
          VALUES (:topic, 'x', 'boots', '{}', now() - interval '1 hour')"""
EMPTY = "DELETE FROM outbox; DELETE FROM purges"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def answers(origin_house: House) -> list[Answer]:
    with Session(origin_house.database) as session:
        url = origin_house.url
        return ask(session, origin_house.objects, "boots", url=url, origin=url, purgers=["varnish"], count=3)


def piece(answers: list[Answer], number: int, words: str) -> Evidence:
    (one,) = [each for each in answers[number - 1].evidence if words in each.came or words in each.asked]
    return one


def test_a_house_in_order_answers_yes(answers: list[Answer]) -> None:
    assert [answer.number for answer in answers] == [1, 2, 3, 4, 5, 6]
    assert {answer.number: answer.word for answer in answers if answer.word is not Word.YES} == {
        4: Word.UNANSWERED  # its verdicts were written by hand: that policy decides by itself is not shown
    }
    assert piece(answers, 4, "verdicts by policy").word is Word.UNANSWERED


def test_each_piece_names_what_was_asked_and_what_came(answers: list[Answer], origin_house: House) -> None:
    assert piece(answers, 1, "with provenance").asked.startswith("SELECT count(*) AS images")
    assert piece(answers, 1, "SHA-256").came.endswith("are the image's id")
    assert origin_house.url in piece(answers, 2, "files made ahead").asked
    assert piece(answers, 3, "from a cache").word is Word.YES
    assert piece(answers, 5, "forged signatures refused").word is Word.YES
    assert piece(answers, 5, "answered 4").word is Word.YES
    assert "wetplate_cache_requests_total" in piece(answers, 6, "cache hits").came
    assert "6. Are cache hits" in shown("boots", answers)


def test_nobody_there_is_unanswered_never_a_yes(origin_house: House) -> None:
    with Session(origin_house.database) as session:
        answers = ask(session, origin_house.objects, "boots", url=NOWHERE, origin=NOWHERE)
    words = {answer.number: answer.word for answer in answers}
    assert words == {1: Word.YES} | dict.fromkeys((2, 3, 4, 5, 6), Word.UNANSWERED)
    assert {each.came for each in answers[5].evidence} == {"not reachable"}


def test_nothing_public_is_unanswered(origin_house: House) -> None:
    with Session(origin_house.database) as session:
        evidence = [
            rows.recorded(session, "clogs"),
            rows.sizes(session, "clogs"),
            rows.approved(session, "clogs"),
            rows.ambiguous(session, "clogs"),
        ]
        session.execute(text(EMPTY))
        evidence += [rows.hooks(session, "boots"), rows.owed(session, "boots")]
        session.rollback()
    assert {each.word for each in evidence} == {Word.UNANSWERED}


def test_lost_bytes_are_a_no(origin_house: House) -> None:
    with Session(origin_house.database) as session:
        evidence = rows.immutable(session, MemoryObjects(), "boots")
    assert (evidence.word, evidence.came[:2]) == (Word.NO, "0 ")


def test_a_missing_size_or_verdict_is_a_no(origin_house: House) -> None:
    with Session(origin_house.database) as session:
        session.execute(text("DELETE FROM derivatives WHERE width = (SELECT max(width) FROM derivatives)"))
        assert rows.sizes(session, "boots").word is Word.NO
        for topic in ("image.withdrawn", "notice.decided"):
            session.execute(text(EMPTY))
            session.execute(text(LATE), {"topic": topic})
            assert rows.hooks(session, "boots").word is Word.NO
        session.execute(text("UPDATE outbox SET handled_at = now()"))
        assert rows.hooks(session, "boots").word is Word.YES
        session.rollback()


def test_a_series_without_a_sample_is_no_measurement() -> None:
    name = "wetplate_transform_duration_seconds"
    told = f"""
        # TYPE {name} histogram
        {name}_count{{stage="encode"}} 0.0
        {name}_created{{stage="encode"}} 1.7e9
        wetplate_cache_requests_total{{tier="memory"}} 3.0
    """.replace("        ", "")
    words = [each.word for each in measured("", (200, told))]
    assert words == [Word.YES, Word.UNANSWERED, Word.NO]


@pytest.mark.parametrize(
    ("words", "sum"),
    [
        ("yy", "yes"),
        ("yn", "no"),
        ("nu", "no"),
        ("yu", "unanswered"),
        ("u", "unanswered"),
        ("", "unanswered"),
    ],
)
def test_how_evidence_adds_up(words: str, sum: str) -> None:
    said = {"y": True, "n": False, "u": None}
    assert Answer(1, [found("a", "b", said[word]) for word in words]).word == sum


def test_the_command_exits_1_on_a_no(origin_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    url = origin_house.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("WETPLATE_DATABASE_URL", url)
    done = CliRunner().invoke(command, ["--family", "boots", "--url", NOWHERE, "--json"])
    told = {each["number"]: each["answer"] for each in json.loads(done.stdout)["boots"]}
    assert (done.exit_code, told[1], told[5]) == (1, "no", "unanswered")  # its bytes are in another store
