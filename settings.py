"""Every setting of Madoguchi: name, default, unit, help. Read from the environment, checked at start."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_MUNICIPALITY = "990019"
SHARED_BASE = "000000"
"""Municipality code of the shared base of national procedures; no town has it."""

STAFF_ROLES = ("viewer", "agent", "editor", "approver", "evaluator", "administrator")
"""Values of accounts.Role, which lies above this module."""

ROOT = Path(__file__).resolve().parent


class SettingsError(ValueError):
    """A setting has a value the desk cannot work with; the message names the variable and what to write."""


class Settings(BaseSettings):
    """All settings; each is read from the environment variable `MADOGUCHI_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MADOGUCHI_", extra="ignore", frozen=True)

    instance: Path = Field(
        default=ROOT / "instance", description="Folder for everything this installation writes: database, indexes, secret."
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL; empty means SQLite (WAL) in the instance folder. PostgreSQL: postgresql+psycopg://…",
    )
    municipality: str = Field(
        default=DEMO_MUNICIPALITY,
        pattern=r"^\d{6}$",
        description="団体コード (6 digits) of the municipality served when a request names none.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8000, ge=1, le=65535, description="TCP port the server listens on.")
    workers: int = Field(default=2, ge=1, le=64, description="Server processes; one per CPU core.")
    threads: int = Field(default=16, ge=2, le=256, description="Threads in each server process; an open event stream holds one.")
    public_url: str = Field(
        default="", description="Public address of the desk, for links; empty means the address of the request."
    )
    secure_cookies: bool = Field(default=False, description="Send staff session cookies over HTTPS only. Switch on behind TLS.")
    trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="Reverse proxies in front of the server whose X-Forwarded-* headers count."
    )
    embed_origins: str = Field(
        default="",
        description="Origins (space separated) of web sites that may embed the widget, e.g. https://www.city.midorino.example",
    )
    message_max_length: int = Field(default=1000, ge=50, le=10000, description="Longest question in characters.")
    body_max_bytes: int = Field(default=65536, ge=4096, description="Largest request body in bytes.")
    upload_max_bytes: int = Field(
        default=50 * 1024 * 1024,
        ge=65536,
        le=500 * 1024 * 1024,
        description="Largest upload of files to be imported, in bytes; other requests stay within body_max_bytes.",
    )
    import_hosts: str = Field(
        default="",
        description="Web hosts (space separated) whose pages may be imported, e.g. www.city.midorino.example or "
        ".midorino.example for all below it; empty switches imports from the web off.",
    )
    rate_limit_messages: str = Field(default="30/minute", description="Questions one address may ask: Flask-Limiter notation.")
    rate_limit_conversations: str = Field(default="20/minute", description="Conversations one address may start.")
    rate_limit_logins: str = Field(default="10/minute", description="Staff log-in attempts one address may make.")
    rate_limit_storage: str = Field(
        default="memory://",
        description="Where counts are kept: memory:// (per process) or redis://… when several processes must share them.",
    )
    second_factor_roles: str = Field(
        default="",
        description="Roles (space separated) that only enter with a second factor, e.g. administrator approver; whoever lacks it sets it up first.",
    )
    oidc_issuer: str = Field(
        default="",
        description="Issuer of the single sign-on (OpenID Connect), e.g. https://login.city.example/realms/staff; empty means none.",
    )
    oidc_client_id: str = Field(default="", description="Client ID the issuer has given to this desk.")
    oidc_client_secret: str = Field(
        default="",
        repr=False,
        validate_default=True,
        description="Secret of that client; from the environment only, never logged.",
    )
    oidc_label: str = Field(
        default="職員認証基盤でログイン", max_length=60, description="Words on the button of the single sign-on."
    )
    oidc_login_claim: str = Field(
        default="preferred_username",
        description="Claim that names the login of an account at its first single sign-on; nobody may change it for themselves.",
    )
    oidc_new_role: str = Field(
        default="",
        description="Role of an account made at the first single sign-on of somebody unknown; empty means that nobody unknown enters.",
    )
    oidc_second_factor: bool = Field(
        default=False,
        description="The issuer asks for a second factor itself, so the desk's own is not asked after single sign-on.",
    )
    oidc_hosts: str = Field(
        default="",
        description="Further hosts (space separated) on which the issuer has its endpoints; without them only its own is contacted.",
    )
    retention_days: int = Field(default=90, ge=1, le=3650, description="Days after which conversations are deleted for good.")
    handoff_reply_minutes: int = Field(
        default=30, ge=1, le=1440, description="Minutes within opening hours in which a hand-over is promised a first reply."
    )
    handoff_expiry_hours: int = Field(
        default=72, ge=1, le=720, description="Hours after which a hand-over nobody finished expires."
    )
    smtp_host: str = Field(
        default="",
        validate_default=True,
        description="Mail server that takes the desk's e-mails; empty means that none are sent. Needs MADOGUCHI_PUBLIC_URL and MADOGUCHI_MAIL_FROM.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="TCP port of the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="starttls", description="How the way to the mail server is encrypted: none (own network only), starttls or tls."
    )
    smtp_user: str = Field(default="", description="Account at the mail server; empty means that it asks for none.")
    smtp_password: str = Field(
        default="", repr=False, description="Password of that account; from the environment only, never logged."
    )
    mail_from: str = Field(
        default="",
        validate_default=True,
        description="Address e-mails come from, e.g. desk@city.midorino.example; the municipality's name is put before it.",
    )
    mail_reply_minutes: int = Field(
        default=5, ge=1, le=1440, description="Minutes after which a reply the resident has not seen is also sent by e-mail."
    )
    stream_seconds: int = Field(
        default=25, ge=1, le=300, description="Seconds an event stream stays open before the browser reconnects."
    )
    streams_per_process: int = Field(
        default=8, ge=0, le=200, description="Event streams a process serves at once; beyond that clients poll."
    )
    snapshots_kept: int = Field(default=5, ge=2, le=50, description="Index snapshots kept for rollback, per municipality.")
    snapshot_check_seconds: float = Field(default=1.0, gt=0, le=60, description="Seconds between looks for a new snapshot.")
    keep_index: bool = Field(
        default=True,
        description="Make the index anew within seconds whenever what is published changes; switch it off to do so by command only.",
    )
    encoder: str = Field(
        default="embedded",
        description="'embedded' (Japanese word vectors adapted to the articles), or a sentence-transformers model folder or hub name.",
    )
    reranker: str = Field(
        default="",
        description="A sentence-transformers CrossEncoder that reads the best 20 candidates again: model folder or hub name; empty means none.",
    )
    generator: str = Field(
        default="",
        description="A language model that says answers in the resident's words, checked against the article: folder of a transformers "
        "model, or URL of an OpenAI-compatible server up to /v1; empty means the articles' own words.",
    )
    generator_model: str = Field(default="", description="Name of the model on that server.")
    generator_api_key: str = Field(
        default="", repr=False, description="Key of that server; from the environment only, never logged."
    )
    generator_timeout_seconds: float = Field(
        default=15.0, gt=0, le=120, description="Seconds a text may take, retry included; then the article's own words are shown."
    )
    ner: bool = Field(default=True, description="Look for personal names with spaCy before anything is stored.")
    question_folder: Path = Field(
        default=ROOT / "evaluation" / "questions",
        description="Folder of evaluation questions (*.jsonl) a working copy is tried against: the demo's own, and a subfolder named by 団体コード for any other municipality.",
    )
    link_checks: bool = Field(
        default=False,
        description="Look once a week whether web addresses in articles still answer: the only network use of the health check.",
    )
    judge: str = Field(
        default="",
        description="URL of an OpenAI-compatible server up to /v1 that scores batches of answers beside people; empty means none.",
    )
    judge_model: str = Field(default="", description="Name of the model on that server.")
    judge_api_key: str = Field(default="", repr=False, description="Key of that server; from the environment only, never logged.")
    judge_timeout_seconds: float = Field(default=60.0, gt=0, le=600, description="Seconds one score may take, retry included.")
    judge_allowed: bool = Field(
        default=False, description="Allow that masked questions and answers of a batch are sent to the judge's server."
    )
    minutes_per_question: float = Field(
        default=5.0,
        gt=0,
        le=240,
        description="Minutes of staff time a question settled by the desk is assumed to save; shown beside the figure, which scales with it.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe level that is logged."
    )
    timezone: str = Field(default="Asia/Tokyo", description="Time zone of opening hours and dates.")

    @field_validator("generator")
    @classmethod
    def _folder_or_server(cls, value: str) -> str:
        address = re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", value)
        if value and not address and ("://" in value or not Path(value).is_dir()):
            raise ValueError(
                "write the folder of a model, or a URL like http://127.0.0.1:8080/v1 without user, password or query"
            )
        return value

    @field_validator("judge")
    @classmethod
    def _judge_is_a_server(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", value):
            raise ValueError("write a URL like http://127.0.0.1:8080/v1 without user, password or query")
        return value

    @field_validator("smtp_host")
    @classmethod
    def _links_lead_here(cls, value: str, info: ValidationInfo) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", info.data.get("public_url", "")):
            raise ValueError("e-mails hold links: set MADOGUCHI_PUBLIC_URL too, e.g. https://desk.city.midorino.example")
        return value

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, value: str, info: ValidationInfo) -> str:
        if not value and not info.data.get("smtp_host"):
            return value
        if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*", value):
            raise ValueError("write one address without a name, e.g. desk@city.midorino.example")
        return value

    @field_validator("second_factor_roles", "oidc_new_role")
    @classmethod
    def _known_roles(cls, value: str, info: ValidationInfo) -> str:
        named = value.split()
        one = info.field_name == "oidc_new_role"
        if set(named) - set(STAFF_ROLES) or (one and len(named) > 1):
            raise ValueError(f"write {'one' if one else 'any'} of: {' '.join(STAFF_ROLES)}")
        return " ".join(named)

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer_by_tls(cls, value: str) -> str:
        tls, here = r"https://[^\s/?#@]+", r"http://(?:127\.0\.0\.1|localhost)(?::\d+)?"
        if value and not re.fullmatch(rf"(?:{tls}|{here})(?:/[^\s?#]*)?", value):
            raise ValueError("write an address like https://login.city.example/realms/staff; http only on this machine")
        return value

    @field_validator("oidc_client_secret")
    @classmethod
    def _client_of_the_issuer(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not (value and info.data.get("oidc_client_id")):
            raise ValueError("an issuer needs MADOGUCHI_OIDC_CLIENT_ID and this secret as well")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.instance / 'madoguchi.db'}"

    @property
    def indexes(self) -> Path:
        return self.instance / "indexes"

    def secret_key(self) -> str:
        """The key that signs staff sessions; made on first use, readable by the owner only (0600)."""
        path = self.instance / "secret_key"
        if not path.exists():
            self.instance.mkdir(parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=self.instance, prefix=".secret_key-")  # mode 0600
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            # A link appears whole or not at all: of processes starting at once the first wins, none reads half a key.
            with suppress(FileExistsError):
                os.link(made, path)
            os.unlink(made)
        return path.read_text(encoding="ascii").strip()


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Read and check the environment once.

    Raises SettingsError naming each wrong variable, what it is for and what was wrong with it.
    """
    try:
        settings = Settings()
        settings.zone  # noqa: B018 - an unknown time zone must stop the start, not the first request
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0])
            field = Settings.model_fields.get(name)
            lines.append(f"MADOGUCHI_{name.upper()}: {problem['msg']} ({field.description if field else 'unknown setting'})")
        raise SettingsError("\n".join(lines)) from None
    except (KeyError, ValueError) as error:
        raise SettingsError(f"MADOGUCHI_TIMEZONE: {error}") from None
    return settings
