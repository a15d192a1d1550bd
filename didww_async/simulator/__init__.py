"""A DIDWW API of our own, in memory: the same paths, rules, errors and limit, for tests and for trying things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .faults import Faults
    from .seed import Seed
    from .server import serve_forever
    from .simulator import Simulator

__all__ = ["Faults", "Seed", "Simulator", "serve_forever"]

_HOMES = {"Faults": "faults", "Seed": "seed", "Simulator": "simulator", "serve_forever": "server"}


def __getattr__(name: str) -> Any:
    # The pytest plugin imports this package whenever pytest starts: what is heavy waits until it is used.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from ..errors import ConfigurationError

    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in ("starlette", "uvicorn"):
            raise
        raise ConfigurationError(f"the simulator needs {package}: pip install 'didww_async[simulator]'") from None
