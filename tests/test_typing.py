"""Wrong names and values are errors in an editor, in both type checkers, and right ones are not."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from didww_async import Session
from didww_async.errors import ConfigurationError
from didww_async.records.geography import Country
from didww_async.records.inventory import Did
from didww_async.records.voice_in import VoiceInTrunk

from .stubs import stub
from .unlimited import Unlimited

HERE = Path(__file__).resolve().parent
RIGHT, WRONG = HERE / "typing_examples.py", HERE / "typing_mistakes.py"

ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"
START = datetime(2026, 10, 1, tzinfo=UTC)

Found = set[tuple[str, int]]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=HERE.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(_: Path) -> Found:
    """Where mypy finds errors, as file name and line."""
    said = run("mypy", "--no-error-summary", "--hide-error-context", "--no-pretty", str(RIGHT), str(WRONG))
    return {(Path(name).name, int(line)) for name, line in re.findall(r"^(.+?):(\d+): error:", said, re.MULTILINE)}


def pyright(folder: Path) -> Found:
    """Where pyright finds errors, as file name and line."""
    # The project's own settings leave the mistakes out, even where they are asked for by name.
    files = [os.path.relpath(file, folder) for file in (RIGHT, WRONG)]
    settings = {"include": files, "extraPaths": [str(HERE.parent)], "typeCheckingMode": "strict"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    said = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)))
    return {
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1)
        for one in said["generalDiagnostics"]
        if one["severity"] == "error"
    }


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_find_every_mistake_and_nothing_else(checker: Callable[[Path], Found], tmp_path: Path) -> None:
    marked = {
        (WRONG.name, number)
        for number, line in enumerate(WRONG.read_text().splitlines(), 1)
        if line.endswith("# wrong")
    }
    assert len(marked) == 42
    assert {place for place in checker(tmp_path) if place[0] in (RIGHT.name, WRONG.name)} == marked


def mistakes() -> list[str]:
    return [line.strip() for line in WRONG.read_text().splitlines() if line.endswith("# wrong")]


@pytest.mark.parametrize("line", mistakes())
async def test_the_same_mistakes_are_refused_at_run_time_before_anything_is_sent(line: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"data": []})

    names: dict[str, Any] = dict(vars(importlib.import_module("tests.typing_mistakes")))
    names |= {"did": stub(Did, ID), "country": stub(Country, ID), "trunk": stub(VoiceInTrunk, ID), "start": START}
    transport = httpx.MockTransport(answer)
    async with Session("key", transport=transport, limiter=Unlimited(), api_version="2026-04-16") as didww:
        names["didww"] = didww
        exec(f"async def mistake():\n    {line}", names)
        with pytest.raises((ConfigurationError, AttributeError, TypeError)):
            await names["mistake"]()
    assert asked == []
