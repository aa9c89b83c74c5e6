"""Every part of the staff pages with its routes."""

from __future__ import annotations

import re

import routes_articles
import routes_channels
import routes_desk
import routes_evaluation
import routes_health
import routes_imports
import routes_inbox
import routes_life
import routes_signin
import routes_translations
from routes_desk import Route

PARTS = (
    routes_articles,
    routes_channels,
    routes_desk,
    routes_evaluation,
    routes_health,
    routes_imports,
    routes_inbox,
    routes_life,
    routes_signin,
    routes_translations,
)
"""One module a part of the console: its ROUTES, and what `prepare` puts into their slots."""
SLOT = re.compile(r"<(?:[^:>]+:)?(\w+)>")
ROUTES: list[Route] = [route for part in PARTS for route in part.ROUTES]
