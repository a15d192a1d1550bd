"""The command as a process: pipes, signals, terminals, and a simulator that is served."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from didww_async.cli.connection import LOCAL_KEY

COMMAND = (sys.executable, "-c", "from didww_async.cli import main; main()")


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path), **more}


def started(folder: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder, **more),
    )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The base URL of `didww simulator`."""
    with started(tmp_path, "simulator", "--port", "0") as process:
        assert process.stdout is not None
        told = re.search(r"http://127\.0\.0\.1:\d+/v3", process.stdout.readline())
        assert told is not None
        try:
            yield told[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)


def test_a_simulator_that_is_served_answers_the_command(served: str, tmp_path: Path) -> None:
    with started(tmp_path, "--base-url", served, "balance", "--json", DIDWW_API_KEY=LOCAL_KEY) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["total_balance"] == "10100.00"


def test_the_doctor_names_the_processes_that_share_the_budget(served: str, tmp_path: Path) -> None:
    with started(tmp_path, "--base-url", served, "balance", DIDWW_API_KEY=LOCAL_KEY) as other:
        other.communicate(timeout=30)
    with started(tmp_path, "--base-url", served, "doctor", "--json", DIDWW_API_KEY=LOCAL_KEY) as process:
        findings = json.loads(process.communicate(timeout=30)[0])
    assert process.returncode == 0
    sharers = [finding["said"] for finding in findings if finding["what"] == "limit"]
    assert any(f"process {other.pid}: " in said for said in sharers)
    assert any(finding["what"] == "clock" and finding["verdict"] == "ok" for finding in findings)


def test_a_reader_that_leaves_early_ends_the_command_quietly(tmp_path: Path) -> None:
    with started(tmp_path, "--local", "cities", "list", "--jsonl") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 0
    assert first["type"] == "cities"


def test_an_interrupt_ends_the_command_quietly_and_keeps_what_was_finished(tmp_path: Path) -> None:
    out = tmp_path / "calls"
    with started(
        tmp_path, "--local", "cdrs", "harvest", "--kind", "in", "--since", "2d", "--window", "1h", "--out", str(out)
    ) as process:
        while not list(out.rglob("*.csv")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == ""
    assert "Traceback" not in err
    assert list(out.rglob("*.csv"))


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_sees_a_bar_and_colours_unless_it_wants_none(colour: bool, tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    ours, theirs = pty.openpty()
    plain = {} if colour else {"NO_COLOR": "1"}
    asked = ["--local", "cdrs", "harvest", "--kind", "in", "--since", "1h", "--out", str(tmp_path / "calls")]
    with subprocess.Popen(
        [*COMMAND, *asked],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(tmp_path, TERM="xterm-256color", COLUMNS="80", **plain),
    ) as process:
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
    os.close(ours)
    assert process.returncode == 0
    assert "━".encode() in seen
    assert b"minutes" in seen
    assert (re.search(rb"\x1b\[(3|9)[0-9]|\x1b\[38", seen) is not None) == colour


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says so when nobody has the other end open any more.
        return b""


def test_help_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    heavy = ("pyarrow", "starlette", "uvicorn", "cryptography", "redis", "didww_async.records.inventory")
    code = (
        "import sys\n"
        "from didww_async.cli.app import didww\n"
        "didww(['--help'], standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(tmp_path), check=True
    )
    assert told.stderr.strip() == "[]"
