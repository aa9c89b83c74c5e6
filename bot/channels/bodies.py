"""Bodies of requests: read as JSON, checked strictly, refused in the one error shape."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import ApiError

MAX_ID = 2**53 - 1
"""Largest integer a browser's JSON parser keeps exact (Number.MAX_SAFE_INTEGER)."""

Language = Literal["ja", "yasashii", "en", "zh-Hans", "vi", "ko", "tl", "ne", "pt", "id", "my"]


def _whole(value: Any) -> Any:
    # In JSON 4.0 is the integer 4 (JSON Schema, "integer").
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class StartBody(Body):
    municipality: str = Field(default="", pattern=r"^[0-9]{6}\z")
    language: Language = "ja"


class AskBody(Body):
    text: str = Field(max_length=10000)
    choice: str | None = Field(default=None, max_length=200)
    client_message_id: str | None = Field(default=None, pattern=r"^[!-~]{1,64}\z")


class FeedbackBody(Body):
    resolved: bool
    comment: str | None = Field(default=None, max_length=1000)


class PresenceBody(Body):
    typing: bool = False
    read: Whole = Field(default=0, ge=0, le=MAX_ID)


class RatingBody(Body):
    rating: Whole = Field(ge=1, le=5)
    comment: str | None = Field(default=None, max_length=1000)


class ContactBody(Body):
    kind: Literal["email", "phone"]
    value: str = Field(min_length=3, max_length=254)
    consent: bool


class HandoffBody(Body):
    message: str | None = Field(default=None, max_length=1000)
    department: str | None = Field(default=None, max_length=50)
    contact: ContactBody | None = None


class FuriganaBody(Body):
    texts: Annotated[list[Annotated[str, Field(max_length=400)]], Field(max_length=20)]


BodyType = TypeVar("BodyType", bound=Body)


def read_body(model: type[BodyType], required: bool = True) -> BodyType:
    """The body of the present request. Raises ApiError 400, 415 or 422, and Werkzeug's 413 for one that is too large."""
    raw = request.get_data()
    if not raw and not required:
        return model()
    if request.mimetype != "application/json":
        raise ApiError(415, "unsupported_media_type", detail="the body must be application/json")
    try:
        return model.model_validate(_parsed(raw))
    except ValidationError as error:
        _refuse(error)


def query_of(model: type[BodyType]) -> BodyType:
    """The parameters of the query, checked like a body. Raises ApiError 400 or 422."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        _refuse(error)


def after_parameter() -> int:
    """The `after` of the query: id of the last message already seen. Raises ApiError 400."""
    value = request.args.get("after", "0")
    if not value.isascii() or not value.isdigit() or len(value) > 16 or int(value) > MAX_ID:
        raise ApiError(400, "invalid_request", detail=f"must be an integer from 0 to {MAX_ID}", field="after")
    return int(value)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "invalid_json", detail="the body is not valid JSON in UTF-8") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(error: ValidationError) -> NoReturn:
    problem = error.errors(include_url=False, include_context=True, include_input=True)[0]
    field = ".".join(str(part) for part in problem["loc"] if not isinstance(part, int)) if problem["loc"] else None
    if problem["type"] == "string_too_long":
        limit = problem["ctx"]["max_length"]
        raise ApiError(422, "too_long", detail=problem["msg"], field=field, limit=limit, length=len(problem["input"])) from error
    if problem["type"] == "extra_forbidden":
        field = None  # its name was chosen by the sender
    raise ApiError(400, "invalid_request", detail=problem["msg"], field=field) from error
