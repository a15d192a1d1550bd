"""The package offers the names that it lists, and importing it stays cheap."""

from __future__ import annotations

import subprocess
import sys

import didww_async


def test_every_public_name_is_there() -> None:
    for name in didww_async.__all__:
        assert getattr(didww_async, name) is not None


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    assert not hasattr(didww_async, "Sesion")


def test_importing_the_package_loads_neither_records_nor_extras() -> None:
    heavy = ("didww_async.records", "cattrs", "redis", "pyarrow", "starlette", "cryptography", "didww_async.simulator")
    script = f"import sys, didww_async; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
