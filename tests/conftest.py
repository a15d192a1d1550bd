"""Fixtures that tests of several modules share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key or address in the environment of whoever runs the tests must not change what they test."""
    for name in [name for name in os.environ if name.startswith("DIDWW_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[BlockBuster]:
    """A blocking call of the package on the event loop is an error."""
    with blockbuster_ctx("didww_async") as watch:
        yield watch
