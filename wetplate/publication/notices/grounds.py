"""Why a notice is upheld or refused: closed lists, with the words of the DSA Transparency Database. Pure.

Here: codes and what they mean to the law. Not here: the statement made of them (`statement`). The codes of
grounds are those of a takedown (`publication.states`), so that one word says why everywhere; the categories
are the vocabulary that the taxonomy of moderation speaks too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wetplate.errors import UnknownReason
from wetplate.publication.states import REASONS, Move

ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"


@dataclass(frozen=True)
class Ground:
    """`decision` is against the law or against our terms; `rests_on` names the law or the clause."""

    decision: str
    category: str
    rests_on: str
    keyword: str = ""


GROUNDS: Mapping[str, Ground] = {
    "copyright": Ground(
        ILLEGAL, "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "copyright or a related right", "KEYWORD_COPYRIGHT_INFRINGEMENT",
    ),
    "trademark": Ground(
        ILLEGAL, "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "trade mark or design law", "KEYWORD_TRADEMARK_INFRINGEMENT",
    ),
    "privacy": Ground(
        ILLEGAL, "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "the protection of personal data and of one's own image",
    ),
    "safety": Ground(
        INCOMPATIBLE, "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        "our rule against harmful pictures and such as are not fit for their audience",
    ),
    "misleading": Ground(
        INCOMPATIBLE, "STATEMENT_CATEGORY_CONSUMER_INFORMATION",
        "our rule that a picture shows the product as it is", "KEYWORD_MISLEADING_INFO_GOODS_SERVICES",
    ),
    "quality": Ground(
        INCOMPATIBLE, "STATEMENT_CATEGORY_OTHER_VIOLATION_TC", "our rule against flawed pictures"
    ),
    "court-order": Ground(
        ILLEGAL, "STATEMENT_CATEGORY_OTHER_VIOLATION_TC", "the order of a court or an authority"
    ),
}  # fmt: skip

REFUSALS: Mapping[str, str] = {
    "not-ours": "the picture is not one of ours",
    "permitted": "the use is permitted, or the right does not cover it",
    "lawful": "the picture breaks neither the law nor our rules",
    "incomplete": "the notice does not say enough to decide, also after asking",
    "withdrawn": "whoever complained took the notice back",
}

#: What a notice of a kind is upheld for unless somebody says otherwise.
USUAL: Mapping[str, str] = {"dmca": "copyright", "dsa": "safety", "other": "safety"}


def ground(code: str) -> Ground:
    """The ground of this code. Raises UnknownReason."""
    if code not in GROUNDS:
        raise UnknownReason(
            f"{code[:40]!r} is no ground to uphold a notice; choose one of {', '.join(GROUNDS)}"
        )
    return GROUNDS[code]


def refusal(code: str) -> str:
    """What this reason to refuse a notice means. Raises UnknownReason."""
    if code not in REFUSALS:
        raise UnknownReason(
            f"{code[:40]!r} is no reason to refuse a notice; choose one of {', '.join(REFUSALS)}"
        )
    return REFUSALS[code]


assert set(GROUNDS) <= set(REASONS[Move.TAKE_DOWN])
