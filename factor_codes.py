"""Codes of a second factor: time-based ones (RFC 6238), recovery codes, and the encryption of what they are made from."""

from __future__ import annotations

import base64
import secrets
import unicodedata
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyotp.utils import strings_equal

import passwords

RECOVERY_CODES = 10
DRIFT = 1
"""Time steps (30 s) a telephone's clock may be ahead or behind (RFC 6238 section 5.2 allows one for the network)."""
ISSUER = "窓口"

_USE = b"madoguchi second factor"
_GROUP, _GROUPS = 4, 3
"""A recovery code has 12 characters of 31, 59 random bits."""


class Vault:
    """Encrypts secrets with a key that is made from the installation's own (HKDF-SHA256, then Fernet)."""

    def __init__(self, secret_key: str) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_USE).derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The secret; None when it was sealed with another key, as after the secret key was lost."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 section 4, R6)."""
    return pyotp.random_base32(32)


def address(secret: str, login: str, town: str) -> str:
    """What the QR code holds: the otpauth:// address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=f"{ISSUER} {town}")


def fitting_step(secret: str, code: str, at: datetime, after: int | None = None) -> int | None:
    """The time step whose code this is, within DRIFT of `at` and later than `after`; None when there is none."""
    totp = pyotp.TOTP(secret)
    present = totp.timecode(at)
    fitting = [s for s in range(present - DRIFT, present + DRIFT + 1) if strings_equal(plain(code), totp.generate_otp(s))]
    return max((step for step in fitting if after is None or step > after), default=None)


def plain(code: str) -> str:
    """A code as it is compared: half-width small letters and digits, without spaces and hyphens."""
    return "".join(c for c in unicodedata.normalize("NFKC", code).lower() if c.isalnum())


def drawn() -> tuple[list[str], list[str]]:
    """New recovery codes, to be shown once, and their hashes in the same order."""
    letters = [[secrets.choice(passwords.ONE_TIME_ALPHABET) for _ in range(_GROUP * _GROUPS)] for _ in range(RECOVERY_CODES)]
    codes = ["-".join("".join(one[n : n + _GROUP]) for n in range(0, len(one), _GROUP)) for one in letters]
    return codes, [passwords.hashed(plain(code)) for code in codes]


def is_recovery(code: str) -> bool:
    """Whether this could be a recovery code rather than one of an app."""
    return len(plain(code)) == _GROUP * _GROUPS
