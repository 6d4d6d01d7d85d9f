"""Chained rows follow each other, and no change of one stays unnoticed."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient

from wetplate.moderation.tables import VerdictRow
from wetplate.storage.chain import GENESIS, broken, latest, link
from wetplate.storage.cluster import Server
from wetplate.storage.database import now

VERDICT = {
    "object_sha256": "0" * 64,
    "verdict": "approve",
    "decided_by": "policy",
    "policy": "default/1",
    "policy_sha256": "1" * 64,
    "reasons": ["band: approve"],
}


def append(session: Session, stream: str, **changed: Any) -> VerdictRow:
    return VerdictRow.append(session, stream, **VERDICT | changed)


def stream(session: Session, name: str = "a") -> list[VerdictRow]:
    """The stream as the database tells it now."""
    session.expire_all()
    query = select(VerdictRow).where(VerdictRow.stream == name).order_by(VerdictRow.position)
    return list(session.scalars(query))


@pytest.fixture
def rows(session: Session) -> list[VerdictRow]:
    """Three rows, free to be changed in memory."""
    for verdict in ("review", "approve", "reject"):
        append(session, "a", verdict=verdict)
    session.commit()
    rows = stream(session)
    for row in rows:
        session.expunge(row)
        make_transient(row)
    return rows


def test_rows_follow_each_other(session: Session) -> None:
    first, other, second = append(session, "a"), append(session, "b"), append(session, "a")
    assert (first.position, first.previous) == (0, GENESIS)
    assert (other.position, other.previous) == (0, GENESIS)
    assert (second.position, second.previous) == (1, first.hash)


def test_what_was_written_is_whole(rows: list[VerdictRow]) -> None:
    assert list(broken(rows)) == []
    assert list(broken([])) == []


def test_the_time_zone_of_the_reader_does_not_matter(session: Session) -> None:
    append(session, "a", reasons=["ä", '"'])
    session.commit()
    session.execute(text("SET TIME ZONE 'Asia/Kathmandu'"))
    rows = stream(session)
    assert rows[0].at.utcoffset() == timedelta(hours=5, minutes=45)
    assert list(broken(rows)) == []


def test_the_row_in_force_is_the_last(session: Session) -> None:
    for verdict in ("review", "approve"):
        append(session, "a", verdict=verdict)
    append(session, "b", verdict="reject")
    last = latest(VerdictRow)
    query = select(VerdictRow).join(
        last, (last.c.stream == VerdictRow.stream) & (last.c.position == VerdictRow.position)
    )
    assert {row.stream: row.verdict for row in session.scalars(query)} == {"a": "approve", "b": "reject"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verdict", "approve"),
        ("reasons", []),
        ("reasons", ["band: reject"]),
        ("decided_by", "person:x"),
        ("object_sha256", "2" * 64),
        ("policy_sha256", ""),
        ("stream", "b"),
        ("position", 7),
        ("previous", "0" * 64),
        ("hash", "f" * 64),
        ("body", "{}"),
    ],
)
def test_any_changed_column_is_found(rows: list[VerdictRow], column: str, value: object) -> None:
    assert getattr(rows[2], column) != value
    setattr(rows[2], column, value)
    assert list(broken(rows)) != []


def test_a_changed_time_is_found(rows: list[VerdictRow]) -> None:
    rows[0].at += timedelta(microseconds=1)
    assert list(broken(rows)) == ["a: row 0: at changed after it was written"]


def test_a_row_changed_together_with_its_hash_breaks_the_next(rows: list[VerdictRow]) -> None:
    row = rows[0]
    row.verdict, row.body = "approve", row.body.replace("review", "approve")
    row.hash = link(row.previous, row.stream, row.position, row.body)
    assert list(broken(rows)) == ["a: row 1 does not follow the one before it"]


@pytest.mark.parametrize("order", [[0, 2], [1, 2], [1, 0, 2], [0, 0, 1, 2]])
def test_rows_taken_out_or_exchanged_are_found(rows: list[VerdictRow], order: list[int]) -> None:
    assert list(broken([rows[number] for number in order])) != []


def test_a_superuser_who_disables_the_trigger_is_found_out(
    session: Session, postgres_server: Server, database_name: str
) -> None:
    append(session, "a", verdict="reject")
    session.commit()
    with postgres_server.connect(database_name) as connection:
        connection.execute("ALTER TABLE verdicts DISABLE TRIGGER append_only")
        connection.execute("UPDATE verdicts SET verdict = 'approve'")
    assert list(broken(stream(session))) == ["a: row 0: verdict changed after it was written"]


def test_of_two_racing_writers_one_passes(database: Engine) -> None:
    with Session(database) as one, Session(database) as other:
        assert stream(one) == stream(other) == []
        append(one, "a", verdict="approve")
        one.commit()
        other.add(
            VerdictRow(stream="a", position=0, body="{}", previous=GENESIS, hash="", at=now(), **VERDICT)
        )
        with pytest.raises(IntegrityError, match="verdicts_stream_position"):
            other.flush()


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=2, unique=True))
def test_different_texts_never_share_a_hash(pairs: list[tuple[str, str]]) -> None:
    (stream_a, body_a), (stream_b, body_b) = pairs
    if "\n" not in stream_a + stream_b:
        assert link(GENESIS, stream_a, 0, body_a) != link(GENESIS, stream_b, 0, body_b)
