"""Passwords of staff: hashed with Argon2id, judged by length and not by their mix of characters, one-time ones drawn."""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 128
"""Characters. NIST SP 800-63B section 5.1.1.2 asks for room for 64 or more; a limit keeps hashing cheap."""

ONE_TIME_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0/o and 1/i/l, which are mixed up when a password is read from paper."""

_COMMON = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "pasuwado", "pasuwa-do", "パスワード", "admin", "administrator", "root",
    "welcome", "letmein", "iloveyou", "monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman",
    "trustno1", "master", "login", "changeme", "secret", "test", "user", "guest", "default", "sakura", "doraemon", "pokemon",
    "arigatou", "arigato", "konnichiwa", "ohayou", "nippon", "nihon", "japan", "tokyo", "yakuba", "yakusho", "shiyakusho",
    "shokuin", "madoguchi", "窓口", "役場", "市役所", "職員", "ようこそ", "ありがとう", "こんにちは",
)  # fmt: skip
"""Words that head every list of leaked passwords, and those of this trade; refused also with digits around or repeated."""

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm", "zaq12wsxcde34rfv", "asdfghjkl1234567890",
)  # fmt: skip
_FEWEST_DIFFERENT = 4
_OWN_WORD = 4
"""A login or a name shorter than this may stand within a password: refusing every password with "abe" helps nobody."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""Argon2id with 19 MiB and two passes (OWASP Password Storage Cheat Sheet): a log-in must not starve residents' requests."""


class PasswordRefused(ValueError):
    """A password cannot be used; `reason` is too_short, too_long, own_name, common or unchanged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def one_time() -> str:
    """Four groups of four characters: 79 random bits."""
    return "-".join("".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(4)) for _ in range(4))


def hashed(password: str) -> str:
    """The Argon2id hash in its own notation, with parameters and salt."""
    return _hasher.hash(_normal(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password; a damaged hash fits none."""
    try:
        return _hasher.verify(password_hash, _normal(password)[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False


def matches_nothing(password: str) -> None:
    """Take as long as `matches` does: the time of a refusal must not tell which logins exist."""
    matches(_NOBODY, password)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check(password: str, login: str, name: str) -> None:
    """Raises PasswordRefused. Any characters will do (NIST SP 800-63B): no rules of composition."""
    normal = _normal(password)
    if len(normal) < MIN_LENGTH:
        raise PasswordRefused("too_short")
    if len(normal) > MAX_LENGTH:
        raise PasswordRefused("too_long")
    folded = _folded(normal)
    if any(len(own) >= _OWN_WORD and own in folded for own in (_folded(login), _folded(name))):
        raise PasswordRefused("own_name")
    if _is_common(folded):
        raise PasswordRefused("common")


def _is_common(folded: str) -> bool:
    if len(set(folded)) < _FEWEST_DIFFERENT:
        return True
    if any(folded in row * 2 or folded in row[::-1] * 2 for row in _ROWS):
        return True
    bare = folded.strip("0123456789!?.@#$%&*+-_=")
    return not bare or any(bare.replace(word, "") == "" for word in _COMMON)


def _normal(password: str) -> str:
    # The same keys give full-width or half-width characters depending on the input method.
    return unicodedata.normalize("NFKC", password)


def _folded(text: str) -> str:
    return "".join(_normal(text).casefold().split())


_NOBODY = hashed(secrets.token_urlsafe(32))
