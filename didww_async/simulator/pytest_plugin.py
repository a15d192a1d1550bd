"""A pytest plugin: a fresh simulator for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from . import Simulator

__all__ = ["didww_simulator"]


@pytest.fixture
def didww_simulator() -> Simulator:
    """A simulator with its usual account: `Session("simulator-key", transport=didww_simulator.transport())`."""
    from . import Simulator

    return Simulator()
