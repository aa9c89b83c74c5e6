"""The desk as the process tests serve it: everything real but the pipeline."""

from __future__ import annotations

from fake_desk import FakeDesk
from flask import Flask

from app import create_app as compose


def create_app() -> Flask:
    return compose(desk=FakeDesk())  # type: ignore[arg-type]
