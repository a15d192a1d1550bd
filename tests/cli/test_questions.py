"""A question is answered by a person or not at all."""

import io
import sys

import pytest

from didww_async.cli.faults import Misuse
from didww_async.cli.questions import confirm


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_yes_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    confirm("Buy it?")


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_anything_else_changes_nothing(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with pytest.raises(Misuse, match="nothing was changed"):
        confirm("Buy it?")


def test_without_a_terminal_there_is_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(Misuse, match="give --yes"):
        confirm("Buy it?")
