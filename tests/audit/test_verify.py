"""Whatever is done to a sealed trail, by whomever, `verify` says what and where."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.audit.conftest import VERDICT, Trail
from wetplate.attestation.keys import Key, fresh
from wetplate.audit import heads
from wetplate.audit.findings import Report
from wetplate.audit.merkle import EMPTY
from wetplate.audit.tables import HeadRow
from wetplate.audit.verify import verify
from wetplate.moderation.tables import VerdictRow
from wetplate.storage.chain import GENESIS, link, told
from wetplate.storage.database import now
from wetplate.storage.memory import MemoryObjects

GUARDED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'"
OFF = "the trigger that refuses every change is missing or off"
LINK = "encode(sha256(convert_to(concat_ws(E'\\n', previous, stream, position, body), 'UTF8')), 'hex')"


def check(
    session: Session, trail: Trail, *, keys: Sequence[Key] = (), objects: MemoryObjects | None = None
) -> Report:
    return verify(session, objects or trail.objects, keys or [trail.key])


def found(session: Session, trail: Trail, statement: str) -> set[tuple[str, str, str]]:
    """What is found after this statement: table, stream and what, but for the triggers that are off."""
    session.execute(text(statement))
    report = check(session, trail)
    return {(each.table, each.stream, each.what) for each in report.findings if each.what != OFF}


def copied(trail: Trail) -> MemoryObjects:
    objects = MemoryObjects()
    for entry in trail.objects.list():
        objects.put(entry.key, trail.objects.get(entry.key), content_type="application/jose")
    return objects


def test_a_whole_trail_holds(trail: Trail) -> None:
    with Session(trail.database) as session:
        report = check(session, trail)
    assert (report.findings, report.size, report.heads, report.younger) == ([], 7, 2, 0)
    assert (report.rows["verdicts"], report.rows["holds"], report.rows["policies"]) == (5, 1, 1)


def test_the_time_zone_of_the_reader_does_not_matter(trail: Trail) -> None:
    with Session(trail.database) as session:
        session.execute(text("SET TIME ZONE 'Asia/Kathmandu'"))
        assert check(session, trail).whole


def test_every_append_only_table_is_looked_at(trail: Trail) -> None:
    with Session(trail.database) as session:
        guarded = set(
            session.scalars(
                text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'")
            )
        )
        assert check(session, trail).rows.keys() == guarded - {"audit_leaves", "audit_heads"}


EDITED = "position 0 was changed after it was written"
ALIEN = "is not the row that was sealed"
GONE = "was sealed and is gone"
WHERE = "audit_heads row"
MOVED = "does not follow the row before it: removed, inserted or reordered"


def over(size: int, whole: int) -> str:
    return f"a signed head is over {size} leaves, and only {whole} are whole"


@pytest.mark.parametrize(
    ("statement", "findings"),
    [
        pytest.param(
            "UPDATE verdicts SET body = replace(body, 'review', 'x') WHERE stream = 'b' AND position = 0",
            {("verdicts", "b", EDITED)},
            id="edited body",
        ),
        pytest.param(
            "UPDATE verdicts SET verdict = 'reject' WHERE stream = 'b' AND position = 1",
            {("verdicts", "b", "position 1: verdict changed after it was written")},
            id="edited column of the newest",
        ),
        pytest.param(
            "UPDATE verdicts SET evidence = '[1]' WHERE stream = 'b' AND position = 1",
            {("verdicts", "b", "position 1: evidence changed after it was written")},
            id="edited column that was null",
        ),
        pytest.param(
            "UPDATE policies SET body = body || ' '",
            {("policies", "", "was changed after it was sealed")},
            id="edited row without a chain",
        ),
        pytest.param(
            "UPDATE verdicts SET at = at - interval '1 second' WHERE stream = 'b' AND position = 1",
            {("verdicts", "b", ALIEN), ("verdicts", "b", "position 1: at changed after it was written")},
            id="edited time",
        ),
        pytest.param(
            f"UPDATE verdicts SET verdict = 'review', body = replace(body, 'approve', 'review'),"
            f" hash = {LINK.replace('body', 'replace(body, $$approve$$, $$review$$)')}"
            " WHERE stream = 'b' AND position = 1",
            {("verdicts", "b", ALIEN)},
            id="newest rewritten with its hash",
        ),
        pytest.param(
            "DELETE FROM verdicts WHERE stream = 'a' AND position = 1",
            {("verdicts", "a", GONE), ("verdicts", "a", f"position 2 {MOVED}")},
            id="removed from the middle",
        ),
        pytest.param(
            "DELETE FROM verdicts WHERE stream = 'b' AND position = 1",
            {("verdicts", "b", GONE)},
            id="newest removed",
        ),
        pytest.param("DELETE FROM verdicts WHERE stream = 'b'", {("verdicts", "b", GONE)}, id="whole stream"),
        pytest.param("DELETE FROM policies", {("policies", "", GONE)}, id="row without a chain removed"),
        pytest.param(
            "ALTER TABLE verdicts DROP CONSTRAINT verdicts_stream_position_key;"
            "UPDATE verdicts SET position = 3 - position WHERE stream = 'a' AND position > 0",
            {("verdicts", "a", "position 1 was changed after it was written"),
             ("verdicts", "a", "position 2 was changed after it was written")},
            id="reordered",
        ),
        pytest.param(
            "UPDATE verdicts SET id = 1000 - id WHERE stream = 'b'",
            {("verdicts", "b", GONE)},
            id="ids exchanged for new ones",
        ),
        pytest.param(
            "DELETE FROM audit_leaves WHERE position = 6",
            {("audit_leaves", "", f"{WHERE} 7: {over(7, 6)}")},
            id="newest leaf removed",
        ),
        pytest.param(
            "DELETE FROM audit_leaves WHERE position = 3",
            {("audit_leaves", "", "this place of the tree is gone"),
             ("audit_leaves", "", f"{WHERE} 5: {over(5, 3)}"),
             ("audit_leaves", "", f"{WHERE} 7: {over(7, 3)}")},
            id="leaf removed from the middle",
        ),
        pytest.param(
            "ALTER TABLE audit_leaves DROP CONSTRAINT audit_leaves_pkey;"
            "UPDATE audit_leaves SET position = 11 - position WHERE position > 4",
            {("audit_leaves", "", f"{WHERE} 7: its root is not that of the first 7 leaves")},
            id="leaves moved",
        ),
        pytest.param(
            "DELETE FROM audit_heads WHERE size = 7", set(), id="newest head's row removed, its object there"
        ),
        pytest.param(
            "DELETE FROM audit_heads WHERE size = 5",
            {("audit_heads", "", "is not the first head: those before it are gone")},
            id="older head's row removed",
        ),
        pytest.param(
            "UPDATE audit_heads SET root = repeat('0', 64) WHERE size = 7",
            {("audit_heads", "", "its columns are not what was signed")},
            id="head's root edited",
        ),
        pytest.param(
            "DELETE FROM audit_heads; DELETE FROM audit_leaves; DELETE FROM verdicts; DELETE FROM holds;"
            " DELETE FROM policies",
            {("audit_leaves", "", f"{heads.key_of(size)}: {over(size, 0)}") for size in (5, 7)},
            id="everything removed",
        ),
    ],
)  # fmt: skip
def test_tampering_is_found(
    trail: Trail, tampering: Session, statement: str, findings: set[tuple[str, str, str]]
) -> None:
    seen = found(tampering, trail, statement)
    assert findings <= seen
    assert findings or not seen


def test_rows_and_leaves_exchanged_together_break_the_root(trail: Trail, tampering: Session) -> None:
    """The whole trail rewritten, hash by hash, but for what was signed."""
    body = "replace(body, 'reject', 'approve')"
    tampering.execute(
        text(
            f"UPDATE verdicts SET verdict = 'approve', body = {body}, hash = {LINK.replace('body', body)}"
            " WHERE stream = 'a' AND position = 2"
        )
    )
    statement = """UPDATE audit_leaves l SET hash = v.hash FROM verdicts v
                    WHERE l.source = 'verdicts' AND l.row_id = v.id::text"""
    assert found(tampering, trail, statement) == {
        ("audit_leaves", "", f"audit_heads row {size}: its root is not that of the first {size} leaves")
        for size in (5, 7)
    }


def test_a_row_slipped_into_a_stream_is_found(trail: Trail, tampering: Session) -> None:
    """Behind the end, before the last head's time: the chain holds, the date does not."""
    last = tampering.query(VerdictRow).filter_by(stream="b", position=1).one()
    slip(tampering, "c", 0, GENESIS, timedelta(0))
    assert not found(tampering, trail, "SELECT 1")
    slip(tampering, "b", 2, last.hash, timedelta(days=2))
    late = found(tampering, trail, "SELECT 1")
    assert {(table, stream) for table, stream, _ in late} == {("verdicts", "b")}
    assert "slipped in" in next(iter(late))[2]


def slip(session: Session, stream: str, position: int, previous: str, age: timedelta) -> None:
    """A verdict whose chain is right, written so long ago."""
    columns = {"at": now() - age, "verdict": "approve", **VERDICT}
    body = told(columns)
    hash = link(previous, stream, position, body)
    session.add(
        VerdictRow(stream=stream, position=position, body=body, previous=previous, hash=hash, **columns)
    )
    session.flush()


def test_rows_younger_than_the_last_head_are_counted(trail: Trail, tampering: Session) -> None:
    VerdictRow.append(tampering, "new", verdict="approve", **VERDICT)
    report = check(tampering, trail)
    assert report.younger == 1
    assert {each.what for each in report.findings} == {OFF}


def test_a_table_that_lost_its_trigger_is_found(trail: Trail, tampering: Session) -> None:
    tampering.execute(text("DROP TRIGGER append_only ON policies"))
    report = check(tampering, trail)
    assert ("policies", OFF) in {(each.table, each.what) for each in report.findings}
    assert report.rows["policies"] == 1


def test_a_deleted_head_object_is_found(trail: Trail, tampering: Session) -> None:
    objects = copied(trail)
    objects.delete(heads.key_of(7))
    whats = [each.what for each in check(tampering, trail, objects=objects).findings]
    assert "audit/heads/000000000007.jws is gone from the object store" in whats


def test_a_replaced_head_object_is_found(trail: Trail, tampering: Session) -> None:
    objects = copied(trail)
    objects.delete(heads.key_of(7))
    objects.put(heads.key_of(7), objects.get(heads.key_of(5)), content_type="application/jose")
    whats = [each.what for each in check(tampering, trail, objects=objects).findings]
    assert "audit/heads/000000000007.jws was replaced in the object store" in whats


def test_heads_signed_again_by_another_key_are_not_believed(trail: Trail, tampering: Session) -> None:
    mallory, objects = fresh(), MemoryObjects()
    for row in tampering.query(HeadRow).order_by(HeadRow.size):
        row.signed = heads.signed(mallory, heads.opened([trail.key], row.signed))
        objects.put(row.key, row.signed.encode(), content_type="application/jose")
    tampering.flush()
    report = check(tampering, trail, objects=objects)
    assert [each.row for each in report.findings if "a key we do not know" in each.what] == ["5", "7"]


def test_a_retired_key_still_verifies(trail: Trail) -> None:
    with Session(trail.database) as session:
        assert check(session, trail, keys=[fresh(), trail.key.verifier()]).whole


def test_a_head_kept_elsewhere_finds_a_trail_that_was_all_made_anew(trail: Trail, tampering: Session) -> None:
    """Whoever holds database, store and key can make another whole trail; not one that fits an older head."""
    other = heads.signed(trail.key, heads.Head(5, "0" * 64, now(), 0, EMPTY))
    report = verify(tampering, trail.objects, [trail.key], anchors=[other])
    whats = [each.what for each in report.findings if each.what != OFF]
    assert whats == ["a head kept elsewhere: its root is not that of the first 5 leaves"]
