"""Passwords of local reviewers: what is a good one, its Argon2id hash, the check.

Here: no rows, no HTTP. Not here: counting tries (`accounts`), who is asked for one (`signin`).

Rules:
1. A check costs the same whether or not there is a hash to check against: an unknown name is checked against
   a decoy, so that the time an answer takes tells nothing.
2. Length is what makes a password good; no rules about its characters, none expire.
3. The cost may rise: `outdated` says which hashes should be made anew at the next sign-in.
"""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from wetplate.errors import AccountRefused

#: Argon2id with 19 MiB, two passes, one lane: OWASP's first choice for a server that does other work too.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)
#: A hash by HASHER of 256 random bits that nobody kept.
DECOY = "$argon2id$v=19$m=19456,t=2,p=1$Uan6T+Er2g39uR8HjuspZQ$IqX99Ax7bYytfctwXuEBBBlGFHf3XhfNDTBgHX7MYHY"
SHORTEST, LONGEST = 12, 256
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def hashed(password: str, name: str = "", hasher: PasswordHasher = HASHER) -> str:
    """The hash to keep. Raises AccountRefused for a password that is too easy."""
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise AccountRefused(f"a password has {SHORTEST} to {LONGEST} characters; --generate makes one")
    if len(set(plain)) < 5 or (name and name.casefold() in plain.casefold()):
        raise AccountRefused("a password of so few different characters, or with the name in it, is guessed "
                             "at once: take several words, or --generate")  # fmt: skip
    return hasher.hash(plain)


def rehashed(password: str, hasher: PasswordHasher = HASHER) -> str:
    """The hash of a password that fitted, at today's cost; it was good enough when it was set."""
    return hasher.hash(_plain(password))


def fits(kept: str | None, password: str, hasher: PasswordHasher = HASHER) -> bool:
    """Whether the password is the one that was kept; without one as much work, and no."""
    try:
        right = hasher.verify(kept or DECOY, _plain(password[: LONGEST * 4]))
    except (Argon2Error, InvalidHashError):
        return False
    return right and kept is not None


def outdated(kept: str, hasher: PasswordHasher = HASHER) -> bool:
    """Whether the hash was made at another cost than today's."""
    return hasher.check_needs_rehash(kept)


def generated() -> str:
    """A password of 99 random bits that can be read out."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


def _plain(password: str) -> str:
    """One spelling of what was typed, whatever keyboard wrote it."""
    return unicodedata.normalize("NFKC", password)
