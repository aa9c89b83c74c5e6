"""Everything the steps need, over the small municipality and the overlap encoder."""

from __future__ import annotations

import pytest
from small_knowledge import services_of

from bot.turn import Services


@pytest.fixture(scope="session")
def services() -> Services:
    return services_of()
