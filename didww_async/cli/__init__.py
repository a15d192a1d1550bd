"""The `didww` command."""

from __future__ import annotations

import importlib.util
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command with the arguments of the process, and end the process with its exit code."""
    absent = [name for name in ("click", "rich") if importlib.util.find_spec(name) is None]
    if absent:
        print(
            f"didww: the command needs {' and '.join(absent)}: pip install 'didww_async[cli]'",
            file=sys.stderr,
        )
        sys.exit(2)
    from .app import didww

    didww(prog_name="didww")
