"""Single sign-on by OpenID Connect: the authorisation code flow with PKCE, and the account that belongs to who came.

The desk contacts nobody but the issuer of the settings, and follows no redirects. What the issuer says counts when
its signature, its issuer, its audience, its times and the nonce of this very log-in are right.
"""

from __future__ import annotations

import secrets
import threading
import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

import authentication
from accounts import Role, StaffRow
from authentication import AccountRefused, Member
from database import Database
from settings import Settings

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a private key. Not those by a shared secret, nor `none`: the one is confused with a key, the other is none."""
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
_KEPT_SECONDS = 3600
_KEYS_AGAIN_SECONDS = 30
_LONGEST_SUBJECT = 255


class SignOnFailed(Exception):
    """The issuer cannot be reached, or what it says does not hold; `reason` is for the audit trail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignOnRefused(Exception):
    """The issuer says who this is, and they may not enter; `reason` is unknown, closed, locked or linked_elsewhere."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Begun:
    """A log-in on its way to the issuer: where the browser goes, and what has to be remembered in its session."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who came, as the issuer says it; `subject` is the issuer's own name that never changes."""

    subject: str
    login: str
    name: str


class Issuer:
    """The issuer of the settings; its description and keys are kept for an hour."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, redirect: str) -> Begun:
        """Where to send the browser. Raises SignOnFailed."""
        described = self._description()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(redirect) as client:
            address, _ = client.create_authorization_url(
                described["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(address, state, nonce, verifier)

    def identify(self, code: str, redirect: str, nonce: str, verifier: str) -> Identity:
        """Who came back with this code. Raises SignOnFailed."""
        described = self._description()
        try:
            with self._client(redirect) as client:
                token = client.fetch_token(
                    described["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
        except AuthlibBaseError as error:
            raise SignOnFailed(f"code_refused:{error.error}"[:60]) from error
        except (requests.RequestException, ValueError) as error:
            raise SignOnFailed("unreachable") from error
        return self._identity(self._claims(token, nonce))

    def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        signed = token.get("id_token")
        if not isinstance(signed, str):
            raise SignOnFailed("no_id_token")
        checked = self._decoded(signed)
        options = {
            "iss": {"essential": True, "value": self._settings.oidc_issuer},
            "aud": {"essential": True, "value": self._settings.oidc_client_id},
        }
        params = {"nonce": nonce, "client_id": self._settings.oidc_client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(checked.claims, checked.header, options, params)
        try:
            claims.validate(leeway=LEEWAY_SECONDS)
        except JoseError as error:
            raise SignOnFailed(f"claims:{getattr(error, 'claim', '') or error.error}"[:60]) from error
        return dict(claims)

    def _decoded(self, signed: str) -> jwt.Token:
        try:
            return jwt.decode(signed, self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            pass  # the issuer may have changed its keys since
        try:
            return jwt.decode(signed, self._key_set(again=True), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise SignOnFailed("signature") from error

    def _identity(self, claims: dict[str, Any]) -> Identity:
        subject, claim = claims.get("sub"), self._settings.oidc_login_claim
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise SignOnFailed("claims:sub")
        login = claims.get(claim)
        if not isinstance(login, str) or (claim == "email" and claims.get("email_verified") is not True):
            login = ""
        name = claims.get("name")
        plain = unicodedata.normalize("NFKC", login).strip().lower()
        return Identity(subject, plain, name.strip()[:100] if isinstance(name, str) else "")

    def _client(self, redirect: str) -> OAuth2Session:
        client = OAuth2Session(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret,
            scope="openid profile email",
            redirect_uri=redirect,
            code_challenge_method="S256",
        )
        client.trust_env = False
        return client

    def _description(self) -> dict[str, Any]:
        """What the issuer says of itself, checked: it names itself, and endpoints on its own hosts."""
        with self._lock:
            if self._described is None or time.monotonic() - self._described[0] > _KEPT_SECONDS:
                issuer = self._settings.oidc_issuer
                found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    raise SignOnFailed("other_issuer")
                for endpoint in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    self._check_host(found.get(endpoint))
                self._described = time.monotonic(), found
            return self._described[1]

    def _key_set(self, again: bool = False) -> KeySet:
        described = self._description()
        with self._lock:
            age = time.monotonic() - self._keys[0] if self._keys is not None else _KEPT_SECONDS + 1
            if self._keys is None or age > (_KEYS_AGAIN_SECONDS if again else _KEPT_SECONDS):
                try:
                    keys = KeySet.import_key_set(self._get(described["jwks_uri"]))  # type: ignore[arg-type]
                except (JoseError, KeyError, TypeError) as error:
                    raise SignOnFailed("keys") from error
                self._keys = time.monotonic(), keys
            return self._keys[1]

    def _get(self, address: str) -> dict[str, Any]:
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(address, timeout=TIMEOUT_SECONDS, allow_redirects=False)
                found = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            raise SignOnFailed("unreachable") from error
        if not isinstance(found, dict):
            raise SignOnFailed("unreachable")
        return found

    def _check_host(self, endpoint: object) -> None:
        issuer = urlsplit(self._settings.oidc_issuer)
        parts = urlsplit(endpoint) if isinstance(endpoint, str) else None
        allowed = {issuer.netloc, *self._settings.oidc_hosts.split()}
        if parts is None or parts.netloc not in allowed or parts.scheme not in ("https", issuer.scheme):
            raise SignOnFailed("other_host")


def enter(database: Database, settings: Settings, came: Identity, at: datetime, where: str) -> Member:
    """The account of who came, linked or made at their first entry. Raises SignOnRefused.

    `where` is the address of the browser, for the audit trail. Whoever has a second factor of the desk has not entered
    yet, unless the settings say that the issuer asks for one.
    """
    with database.write() as session:
        row, refused = _account(session, settings, came)
        noted = {"address": where, "by": "single_sign_on"}
        if row is None:
            authentication.audit(session, settings.municipality, "unknown", "login.sso_failed", {**noted, "reason": refused})
        elif not row.active or authentication.is_locked(row, at):
            refused = "locked" if row.active else "closed"
            authentication.audit(session, row.municipality, row.login, "login.refused", {"staff": row.id, **noted})
        else:
            half = row.totp_secret is not None and not settings.oidc_second_factor
            action = "login.first_step" if half else "login"
            authentication.audit(session, row.municipality, row.login, action, {"staff": row.id, **noted})
            return authentication.member_of(row)
    raise SignOnRefused(refused)


def note_failure(database: Database, settings: Settings, reason: str, where: str) -> None:
    """Note that somebody came back from the issuer with nothing that holds."""
    with database.write() as session:
        authentication.audit(session, settings.municipality, "unknown", "login.sso_failed", {"reason": reason, "address": where})


def _account(session: Session, settings: Settings, came: Identity) -> tuple[StaffRow | None, str]:
    """The account and why there is none; linked by subject, at the first entry by login, or made."""
    own = select(StaffRow).where(StaffRow.municipality == settings.municipality).with_for_update()
    row = session.scalar(own.where(StaffRow.oidc_subject == came.subject))
    if row is not None:
        return row, ""
    row = session.scalar(own.where(StaffRow.login == came.login)) if came.login else None
    if row is None:
        return _made(session, settings, came)
    if row.oidc_subject is not None:
        return None, "linked_elsewhere"
    if row.active:
        _link(session, row, came)
    return row, ""


def _made(session: Session, settings: Settings, came: Identity) -> tuple[StaffRow | None, str]:
    if not settings.oidc_new_role:
        return None, "unknown"
    role, name = Role(settings.oidc_new_role), came.name or came.login
    try:
        authentication.create_staff(session, settings.municipality, came.login, name, role, actor="system")
    except AccountRefused:  # no login an account could have, or another process was faster
        return None, "unknown"
    same = select(StaffRow).where(StaffRow.municipality == settings.municipality, StaffRow.login == came.login)
    row = session.scalars(same).one()
    _link(session, row, came)
    return row, ""


def _link(session: Session, row: StaffRow, came: Identity) -> None:
    row.oidc_subject = came.subject
    if row.must_change_password:
        # A one-time password that was never used is void: nobody needs it, and nobody would notice it being used.
        row.password_hash, row.must_change_password = "", False
    authentication.audit(session, row.municipality, row.login, "login.linked", {"staff": row.id})
