"""The command, run in this process against a simulator that the test can look into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from didww_async.cli.app import didww
from didww_async.cli.connection import LOCAL_KEY
from didww_async.simulator import Seed, Simulator

SMALL = Seed(
    dids=25, cities=40, orders=4, history=8, trunks=4, available_per_group=2, calls_per_day=60, messages_per_day=20
)

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_state_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget that commands share is kept in files: not in those of whoever runs the tests."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(autouse=True)
def no_blocking_calls() -> None:
    """Nobody else is on the event loop of a command: it may read a file of its own as it begins."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """What --local reaches in this test: one account for all its commands."""
    simulator = Simulator(keys=[LOCAL_KEY], size=SMALL, order_seconds=0, export_seconds=0)

    def same(*, api_version: str, **_: Any) -> Simulator:
        return simulator

    monkeypatch.setattr("didww_async.simulator.Simulator", same)
    return simulator


@pytest.fixture
def run() -> Run:
    """`run("dids", "list")`: the command with these arguments, and what it printed."""

    def invoke(*arguments: object, **more: Any) -> Result:
        return CliRunner().invoke(didww, [str(argument) for argument in arguments], prog_name="didww", **more)

    return invoke


@pytest.fixture
def local(run: Run, account: Simulator) -> Run:
    """The same with --local."""
    return lambda *arguments, **more: run("--local", *arguments, **more)
