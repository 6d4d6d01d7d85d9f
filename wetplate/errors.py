"""The tree of refusals. Every refusal says what was wrong and what to do about it.

WetplateError
├── SettingError                an environment variable says what it cannot
├── FamilyError                 a family file cannot be used (file, key, what was expected)
│   ├── FamilySampler           it names a sampler that is not in the table (an UnknownSampler too)
│   └── UnknownFamily           no such family
├── RecipeError                 a recipe is outside what can be painted
│   ├── UnknownSampler          sampler name not in the table
│   └── InfotextError           text or file carries no readable generation parameters
├── PaintingError               generation failed
│   ├── ModelError              a model folder or hub revision cannot be loaded
│   ├── BlankPainting           all-one-colour or NaN output
│   ├── FakePainterRefused      the fake painter outside tests and dry runs
│   └── BudgetExhausted         the family's budget of the day is spent
├── ImageError                  bytes that are no picture, or a damaged one
│   ├── ImageUnsupported        a format, or several frames, that we do not read
│   └── ImageTooLarge           more bytes or pixels than a picture may have
├── ModerationError             a policy or a detector cannot be used
│   ├── NotApproved             no approving verdict in force for these very bytes
│   ├── Blocked                 taken down once; must not come back
│   ├── RedactionError          the picture cannot be redacted as asked
│   └── DecisionConflict        somebody else decided first, or nothing is waiting
│       └── LeaseLost           the lease on a task ran out, or was never held
├── ReviewError                 the console cannot do as asked
│   ├── SignInRequired          nobody is signed in
│   │   └── SignInRefused       wrong name or password, too many tries, or a sign-in that was not ours
│   ├── RoleRefused             the role does not allow this
│   ├── ForgedRequest           the form did not come from our page (CSRF)
│   ├── HostRefused             asked under a name that is not the console's (DNS rebinding)
│   ├── FormRefused             a form is too large, or a field holds what it cannot
│   ├── TooOften                too many requests; `retry_after` says when to try again
│   ├── ProviderUnavailable     the identity provider does not answer as OpenID Connect asks
│   └── AccountRefused          no such reviewer, the name is taken, or the password is too easy
├── ProvenanceError             a claim cannot be made or signed
│   └── LicenceRefused          the licence does not allow this use
├── AttestationError            a signature of ours cannot be made or does not hold
├── AuditBroken                 the audit trail was tampered with
├── RetentionError              what is held or not due yet is not deleted
│   └── Erased                  the personal data was erased
├── DerivativeError             a profile or a derivative cannot be made
├── PublicationError            a publication cannot go on
│   ├── IllegalMove             the state does not allow this move
│   │   ├── WithdrawnImage      taken down; only reinstating leads out
│   │   ├── NeverPublished      there is nothing public to hide or supersede
│   │   ├── NotWithdrawn        there is nothing to reinstate
│   │   └── TakedownPending     the takedown has not reached the store yet
│   ├── Unready                 provenance or derivatives are missing
│   ├── DryRunImage             painted by the fake painter; never leaves
│   ├── UnknownReason           not on the move's closed list of reasons
│   └── NoticeError             a notice lacks what the law asks for, or cannot go on this way
│       ├── NoticeUnknown       no notice with this id
│       └── NoticeStep          the notice's state does not allow this step
├── DeliveryError               a request or a purge cannot be answered as asked
│   ├── AddressRefused          no address of ours: unknown, malformed, or outside the closed lists (400)
│   │   ├── TransformRefused    the transform is not on the closed lists
│   │   └── AddressMoved        another spelling of an address; `location` is the one spelling (308)
│   ├── SignatureRefused        missing, bad, expired, or by a key that is not in the ring (403)
│   ├── MethodRefused           the address stands, the method does not apply; `allow` says which do (405)
│   ├── NotServed               nothing public under this address (404)
│   ├── ImageGone               taken down (410; 451 when a court or an authority ordered it)
│   ├── Busy                    too much work waits, or this client asked for too much (429)
│   ├── NewsStale               the origin has not heard of takedowns lately and serves nothing (503)
│   ├── StoreUnfaithful         the store lost or altered what a row describes (502)
│   ├── TransformFailed         the picture could not be transformed; `reason` says why
│   ├── UploadRefused           what was handed in is too long, of no kind we read, or cut short
│   ├── EdgeError               the edge cannot be started
│   └── PurgeFailed             a cache did not confirm that it forgot
├── StorageError
│   ├── ObjectMissing           no object under this key
│   ├── ObjectConflict          other bytes already stand under this key
│   ├── UnsafeStore             the store overwrites where it must refuse
│   ├── StorageFull             no space left
│   ├── DatabaseUnavailable     Postgres does not answer
│   └── SchemaMismatch          the database is at another revision
└── ImageUnknown                no image, recipe or painting with this id
    └── AmbiguousId             several images begin with these digits
"""


class WetplateError(Exception):
    """Base of every refusal."""


class SettingError(WetplateError):
    """An environment variable holds what it cannot: names it and says what was expected."""


class FamilyError(WetplateError):
    """A family file cannot be used: names the file, the key and what was expected."""

    def __init__(self, file: object, key: str, expected: str) -> None:
        self.file, self.key, self.expected = str(file), key, expected
        super().__init__(f"{file}: {key}: {expected}")


class UnknownFamily(FamilyError):
    """There is no family file for this slug."""


class RecipeError(WetplateError):
    """A recipe is outside what can be painted."""


class UnknownSampler(RecipeError):
    """The sampler name is not in the table; the message lists the known ones."""


class FamilySampler(FamilyError, UnknownSampler):
    """A family file names a sampler that is not in the table; the message lists the known ones."""


class InfotextError(RecipeError):
    """The text or file carries no generation parameters that can be read."""


class PaintingError(WetplateError):
    """Generation failed."""


class ModelError(PaintingError):
    """A model folder or hub revision cannot be loaded."""


class BlankPainting(PaintingError):
    """The output is one colour throughout, or holds NaN: an error, not an image."""


class FakePainterRefused(PaintingError):
    """The fake painter was asked to work outside tests and dry runs."""


class BudgetExhausted(PaintingError):
    """The family's budget of the day is spent; work waits for the next day."""


class ImageError(WetplateError):
    """These bytes are no picture we read, or a damaged one."""


class ImageUnsupported(ImageError):
    """Not one of the formats we read, or one with several frames."""


class ImageTooLarge(ImageError):
    """The picture has more bytes or pixels than a picture may have."""


class ModerationError(WetplateError):
    """A policy or a detector cannot be used."""


class NotApproved(ModerationError):
    """No approving verdict is in force for these very bytes."""


class Blocked(ModerationError):
    """This was taken down once and must not come back; the message says under which notice."""


class RedactionError(ModerationError):
    """The picture cannot be redacted as asked."""


class DecisionConflict(ModerationError):
    """Somebody else decided first, or nothing is waiting for a decision."""


class LeaseLost(DecisionConflict):
    """The lease on a task ran out or was never held; take the task again."""


class ReviewError(WetplateError):
    """The console cannot do as asked."""


class SignInRequired(ReviewError):
    """Nobody is signed in, or the session ended."""


class SignInRefused(SignInRequired):
    """Wrong name or password, too many tries, or a sign-in that was not begun here."""


class RoleRefused(ReviewError):
    """The role of whoever is signed in does not allow this; the message says which does."""


class ForgedRequest(ReviewError):
    """The form did not come from our page, or its token is old: open the page again."""


class HostRefused(ReviewError):
    """The request came under a name that is not the console's; the message says which is."""


class FormRefused(ReviewError):
    """A form is too large, cannot be read, or a field holds what it cannot."""


class TooOften(ReviewError):
    """Too many requests of one kind; try again in `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ProviderUnavailable(ReviewError):
    """The identity provider does not answer, or not as OpenID Connect asks; nobody can sign in meanwhile."""


class AccountRefused(ReviewError):
    """There is no such reviewer, the name is taken, or the password is too easy: the message says which."""


class ProvenanceError(WetplateError):
    """A claim cannot be made or signed."""


class LicenceRefused(ProvenanceError):
    """The licence is unknown or does not allow this use."""


class AttestationError(WetplateError):
    """A signature of ours cannot be made, or what carries one is not what was signed."""


class AuditBroken(WetplateError):
    """The audit trail was tampered with; the message names what does not hold."""


class RetentionError(WetplateError):
    """What is under a legal hold, or not due yet, is not deleted."""


class Erased(RetentionError):
    """The personal data was erased on purpose and cannot be read any more."""


class DerivativeError(WetplateError):
    """A profile is wrong, or a derivative cannot be made."""


class PublicationError(WetplateError):
    """A publication cannot go on."""


class IllegalMove(PublicationError):
    """The state does not allow this move."""


class WithdrawnImage(IllegalMove):
    """The image was taken down; only reinstating leads out of that."""


class NeverPublished(IllegalMove):
    """There is nothing public to hide or to supersede."""


class NotWithdrawn(IllegalMove):
    """The image was not taken down: there is nothing to reinstate."""


class TakedownPending(IllegalMove):
    """The takedown has not reached the object store yet."""


class Unready(PublicationError):
    """Provenance or derivatives of the image are missing."""


class DryRunImage(PublicationError):
    """The fake painter painted this; nothing of a dry run leaves."""


class UnknownReason(PublicationError):
    """The reason is not on the closed list of this move."""


class NoticeError(PublicationError):
    """A notice lacks what the law asks for, or cannot go on this way."""


class NoticeUnknown(NoticeError):
    """There is no notice with this id."""


class NoticeStep(NoticeError):
    """The state of the notice does not allow this step; the message says which it does."""


class DeliveryError(WetplateError):
    """A request or a purge cannot be answered as asked."""


class AddressRefused(DeliveryError):
    """The path is no address of ours: unknown, malformed, or outside the closed lists."""


class TransformRefused(AddressRefused):
    """The transform is not on the closed lists; the message names the nearest that is."""


class AddressMoved(AddressRefused):
    """What was meant is clear, and has one other spelling: `location`."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__(f"this address is spelled {location}")


class SignatureRefused(DeliveryError):
    """The signature does not allow this request; `reason` is missing, bad, expired or unknown_key."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class MethodRefused(DeliveryError):
    """The method does not apply to this address; `allow` lists those that do."""

    def __init__(self, allow: str = "GET, HEAD") -> None:
        self.allow = allow
        super().__init__(f"this address answers {allow} only")


class NotServed(DeliveryError):
    """Nothing public stands under this address."""


class ImageGone(DeliveryError):
    """The image was taken down; `legal` if a court or an authority ordered it."""

    def __init__(self, message: str, *, legal: bool = False) -> None:
        self.legal = legal
        super().__init__(message)


class Busy(DeliveryError):
    """Too much work waits, or this client asked for too much; try again in `retry_after` seconds.

    `reason` is queue_full or rate_limit.
    """

    def __init__(self, reason: str, message: str, *, retry_after: int) -> None:
        self.reason, self.retry_after = reason, retry_after
        super().__init__(message)


class NewsStale(DeliveryError):
    """The origin has not heard of takedowns for too long to be sure that anything may still be served."""


class StoreUnfaithful(DeliveryError):
    """The store does not hold what a row describes; `reason` is missing or altered. Nothing is handed out."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class TransformFailed(DeliveryError):
    """The picture could not be transformed.

    `reason` is unsupported, corrupt, too_large, timeout, oom or internal.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class UploadRefused(DeliveryError):
    """What was handed in cannot be taken.

    `reason` is too_large (413), unsupported (415), unreadable, cut_short (400), or elsewhere: sent by a page
    of another site (403).
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class EdgeError(DeliveryError):
    """The edge cannot be started: the message says what is missing."""


class PurgeFailed(DeliveryError):
    """A cache did not confirm that it forgot; the purge stays pending and is tried again."""


class StorageError(WetplateError):
    """Bytes or rows cannot be kept."""


class ObjectMissing(StorageError):
    """No object stands under this key."""


class ObjectConflict(StorageError):
    """Other bytes already stand under this key; nothing was overwritten."""


class UnsafeStore(StorageError):
    """The store overwrites where it must refuse; it cannot hold canonicals."""


class StorageFull(StorageError):
    """No space left on the store."""


class DatabaseUnavailable(StorageError):
    """Postgres does not answer."""


class SchemaMismatch(StorageError):
    """The database stands at another schema revision than this code."""


class ImageUnknown(WetplateError):
    """There is no image, recipe or painting with this id."""


class AmbiguousId(ImageUnknown):
    """Several images begin with these digits; the message asks for more of them."""
