"""Wrong names and values are errors in an editor, in both type checkers, and right ones are not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
RIGHT, WRONG = HERE / "typing_examples.py", HERE / "typing_mistakes.py"

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
