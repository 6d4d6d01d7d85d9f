"""Numbers that the catalog answers at scrape time, because short-lived processes did the work.

Here: names, labels and buckets. Not here: the questions (`questions`), what this process counts itself
(`wetplate.metrics`).

Rule: labels are closed by the lists of the house itself: states, verdicts, topics, widths on offer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from wetplate.derivatives.ondemand import UNSIGNED
from wetplate.derivatives.transform import WIDTHS as OFFERED
from wetplate.metrics import NAMESPACE, PICTURES, TAKEDOWNS, TARGETS, TIERS
from wetplate.moderation.bands import APPROVE, REJECT, REVIEW
from wetplate.moderation.tasks import QUEUES
from wetplate.provenance.credentials import FULL, SHORT, SIDECAR
from wetplate.publication.notices.kinds import Kind
from wetplate.publication.notices.steps import State as NoticeState
from wetplate.publication.states import State
from wetplate.storage.outbox import HANDLED

DECISIONS = (APPROVE, REVIEW, REJECT)
STATES = tuple(state.value for state in State)
KINDS = tuple(kind.value for kind in Kind)
ACTIVE = tuple(state.value for state in NoticeState if not state.over)
WIDTHS = tuple(map(str, OFFERED))
DECIDED = ("approve", "reject", "redact", "escalate", "uphold", "partial", "refuse")
OVERRULED = ("policy", "person")
SIZES = (1_000, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000)
WAITS = (60.0, 300.0, 900.0, 3600.0, 14400.0, 43200.0, 86400.0, 259200.0, 604800.0)
SCORES = (30.0, 50.0, 60.0, 65.0, 70.0, 72.5, 75.0, 77.5, 80.0, 85.0, 90.0, 95.0)


@dataclass(frozen=True, eq=False)
class Reading:
    """One name; `labels` with the values they may take, `buckets` of a histogram."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    says: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    buckets: Sequence[float] = ()

    @property
    def full_name(self) -> str:
        return f"{NAMESPACE}_{self.name}"


MADE = Reading(
    "counter", "derivatives_published_total", "Derivatives made.", {"format": PICTURES, "width": WIDTHS}
)
MADE_BYTES = Reading(
    "histogram", "derivative_bytes", "Sizes of derivatives in force.",
    {"format": PICTURES, "width": WIDTHS}, SIZES,
)  # fmt: skip
MADE_SCORES = Reading(
    "histogram", "derivative_ssimulacra2", "SSIMULACRA2 of derivatives in force against their source.",
    {"format": PICTURES}, SCORES,
)  # fmt: skip
IMAGES = Reading("gauge", "images", "Canonical images by state of publication.", {"state": STATES})
VERDICTS = Reading("counter", "moderation_verdicts_total", "Verdicts recorded.", {"verdict": DECISIONS})
FALSE_APPROVALS = Reading(
    "gauge", "moderation_false_approve_ratio",
    "Share of automatic approvals that a person would reject, estimated from the decided audit samples, and "
    "its 95 % interval.",
    {"bound": ("estimate", "low", "high")},
)  # fmt: skip
AUDIT_SAMPLES = Reading(
    "gauge", "moderation_audit_samples", "Approvals drawn by hash for a person to look at.",
    {"state": ("decided", "waiting")},
)  # fmt: skip
REVIEW_WAITING = Reading("gauge", "review_waiting", "Images that wait for a person.")
REVIEW_OLDEST = Reading("gauge", "review_oldest_seconds", "How long the first of them has waited.")
TASKS = Reading("gauge", "review_tasks", "Tasks that people have not decided.", {"queue": QUEUES})
TASKS_OVERDUE = Reading("gauge", "review_overdue", "Tasks past the time they were due.", {"queue": QUEUES})
TASKS_OLDEST = Reading(
    "gauge", "review_task_oldest_seconds", "How long the first task of a queue has waited.", {"queue": QUEUES}
)
REVIEWED = Reading("counter", "review_decisions_total", "Decisions that counted.", {"decision": DECIDED})
OVERTURNED = Reading(
    "counter", "review_overturned_total", "Decisions against an earlier verdict.", {"whose": OVERRULED}
)
LAPSED = Reading("counter", "review_lapses_total", "Holds on a task that ran out and were taken over.")
FIRST_DECISION = Reading(
    "histogram", "review_first_decision_seconds", "From a task to the decision on it.", {}, WAITS
)
OUTBOX_PENDING = Reading("gauge", "outbox_pending", "Work in the outbox not done yet.", {"topic": HANDLED})
TAKEDOWN_PENDING = Reading("gauge", "takedown_outbox_pending", "Takedowns not carried out yet.")
TAKEDOWN_OLDEST = Reading("gauge", "takedown_oldest_seconds", "How long the first of them has been open.")
TAKEDOWN_VERIFIED = Reading(
    "histogram", "takedown_to_verified_seconds",
    "From the withdrawal's commit until every cache was seen from outside to refuse the image.",
    {}, TAKEDOWNS,
)  # fmt: skip
NOTICES = Reading("gauge", "notices_open", "Notices that are not closed.", {"kind": KINDS, "state": ACTIVE})
NOTICES_OVERDUE = Reading("gauge", "notices_overdue", "Notices past their time.", {"kind": KINDS})
NOTICE_SECONDS = Reading(
    "histogram", "notice_to_unservable_seconds",
    "From the click that withdrew an image for a notice until every cache was seen to refuse it.",
    {}, TAKEDOWNS,
)  # fmt: skip
PURGES_PENDING = Reading("gauge", "purges_pending", "Purges not yet seen to work.", {"target": TARGETS})
KEPT_TRANSFORMS = Reading(
    "gauge", "transform_store_bytes", "Bytes of transforms kept in the store.", {"tier": TIERS}
)
CREDENTIALS = Reading(
    "gauge",
    "files_by_credentials",
    "Files in force by how they carry their content credentials; `embedded` is short in older rows.",
    {"mode": (FULL, SHORT, SIDECAR, "embedded", UNSIGNED)},
)
BUDGET = Reading(
    "gauge",
    "painting_budget_used_ratio",
    "Share of the painting budget of today spent, by the family that is nearest its end.",
    {"resource": ("images", "device_seconds")},
)  # fmt: skip
CATALOG_UP = Reading("gauge", "catalog_up", "1 if the catalog answered this scrape or one moments ago.")
ALL = (
    *(MADE, MADE_BYTES, MADE_SCORES, IMAGES, VERDICTS, REVIEW_WAITING, REVIEW_OLDEST),
    *(FALSE_APPROVALS, AUDIT_SAMPLES),
    *(TASKS, TASKS_OVERDUE, TASKS_OLDEST, REVIEWED, OVERTURNED, LAPSED, FIRST_DECISION),
    *(OUTBOX_PENDING, TAKEDOWN_PENDING, TAKEDOWN_OLDEST, TAKEDOWN_VERIFIED, PURGES_PENDING),
    *(NOTICES, NOTICES_OVERDUE, NOTICE_SECONDS),
    *(KEPT_TRANSFORMS, CREDENTIALS, BUDGET, CATALOG_UP),
)
