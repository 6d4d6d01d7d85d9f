"""The statement of reasons (Article 17 DSA), in the words of the EU's Transparency Database. Reads only.

Here: one statement per image, as the database's API takes it, and what is said to whoever complained. Not
here: sending it anywhere.

Rules:
1. No person is named: the database takes no personal data, and `facts` are written without. They are read
   from where they lie sealed; without the key, or erased, the statement says so.
2. Removed for good is CONTENT_REMOVED; hidden while it is decided is CONTENT_DISABLED.
3. The decision is a person's; the detection was a notice. Both are said as they were.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wetplate.canonical.tables import CanonicalRow
from wetplate.errors import NoticeError
from wetplate.moderation import taxonomy
from wetplate.publication.notices import catalog, grounds
from wetplate.publication.notices.grounds import Ground
from wetplate.publication.notices.kinds import Kind
from wetplate.publication.notices.steps import Outcome
from wetplate.publication.notices.tables import NoticeRow
from wetplate.recipes.catalog import ORIGINAL
from wetplate.recipes.tables import RecipeRow
from wetplate.retention import words
from wetplate.retention.personal import Wrapping

#: Where the restriction holds: it is the same everywhere; the vocabulary knows the EEA's countries.
EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
SOURCE = {Kind.DSA: "SOURCE_ARTICLE_16"}
OTHERWISE = "SOURCE_TYPE_OTHER_NOTIFICATION"
REDRESS = (
    "An appeal is decided by somebody else; it is open for six months, at the address of the receipt. "
    "Disputes may also be brought before a certified out-of-court body (Article 21 DSA) or a court."
)


def statements(session: Session, notice_id: str, wrapping: Wrapping | None = None) -> list[dict[str, Any]]:
    """One statement per image that was taken down. Raises NoticeError before a decision, or without any."""
    row = catalog.find(session, notice_id)
    decided = words.shown(session, wrapping, catalog.subject(row.id), catalog.decision(session, row.id))
    if not decided:
        raise NoticeError(f"notice {row.id} is not decided yet: there is no statement of reasons")
    if not Outcome(decided["outcome"]).takes_down:
        raise NoticeError(f"notice {row.id} was rejected: nothing was restricted, so no statement is owed")
    pictures = session.execute(
        select(CanonicalRow, RecipeRow.kind)
        .join(RecipeRow, RecipeRow.id == CanonicalRow.recipe_id)
        .where(CanonicalRow.id.in_(decided["images"]))
        .order_by(CanonicalRow.id)
    ).all()
    return [_statement(row, decided, image, made) for image, made in pictures]


def answer(session: Session, row: NoticeRow) -> dict[str, str]:
    """What whoever complained is told of the decision (Article 16(5) DSA); empty before there is one."""
    decided = catalog.decision(session, row.id)
    if not decided:
        return {}
    outcome = Outcome(decided["outcome"])
    why = (
        f"it rests on {grounds.ground(decided['reason']).rests_on}"
        if outcome.takes_down
        else grounds.refusal(decided["reason"])
    )
    how = "A person decided; no automated means were used to decide."
    return {"outcome": outcome.value, "why": why, "how": how, "redress": REDRESS}


def _statement(row: NoticeRow, decided: dict[str, Any], image: CanonicalRow, made: str) -> dict[str, Any]:
    ground = grounds.ground(decided["reason"])
    pictured = ["CONTENT_TYPE_IMAGE", *([] if made == ORIGINAL else ["CONTENT_TYPE_SYNTHETIC_MEDIA"])]
    return {
        "puid": f"{row.id}-{image.id[:32]}",
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "end_date_visibility_restriction": None,
        **_rests_on(ground, decided),
        "category": _category(ground, decided.get("slug", "")),
        "category_specification": [ground.keyword] if ground.keyword else [],
        "content_type": pictured,
        "content_date": image.at.date().isoformat(),
        "territorial_scope": EEA,
        "application_date": (row.withdrawn_at or decided["at"]).date().isoformat(),
        "decision_facts": _facts(row, decided),
        "source_type": SOURCE.get(Kind(row.kind), OTHERWISE),
        "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }


def _rests_on(ground: Ground, decided: dict[str, Any]) -> dict[str, str]:
    explained = decided["facts"] or f"The picture infringes {ground.rests_on}."
    if ground.decision == grounds.ILLEGAL:
        return {
            "decision_ground": ground.decision,
            "illegal_content_legal_ground": ground.rests_on,
            "illegal_content_explanation": explained,
        }
    return {
        "decision_ground": ground.decision,
        "incompatible_content_ground": ground.rests_on,
        "incompatible_content_explanation": explained,
        "incompatible_content_illegal": "No",
    }


def _category(ground: Ground, slug: str) -> str:
    known = taxonomy.load().slugs
    return known[slug].dsa or ground.category if slug in known else ground.category


def _facts(row: NoticeRow, decided: dict[str, Any]) -> str:
    told = decided["facts"] or "no more is said"
    named = f"A notice ({row.kind}) of {row.at:%Y-%m-%d} named the picture"
    return f"{named}; a person compared and decided: {told}."
