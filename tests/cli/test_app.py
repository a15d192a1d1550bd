"""The command as a whole: help, keys, options, exit codes."""

import importlib.util
from pathlib import Path
from typing import Any

import click
import pytest

from didww_async.cli import main
from didww_async.cli.app import RESOURCES as NAMES
from didww_async.cli.app import didww
from didww_async.cli.resources import command_for
from didww_async.errors import TransportError
from didww_async.resources import RESOURCES
from didww_async.simulator import Simulator

from .conftest import Run

ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"


def test_every_resource_of_a_session_is_a_command() -> None:
    assert set(NAMES) == set(RESOURCES)


@pytest.mark.parametrize("name", RESOURCES)
def test_every_command_of_a_resource_explains_itself(name: str, run: Run) -> None:
    command = command_for(name)
    verbs = command.commands if isinstance(command, click.Group) else {"": None}
    assert verbs
    for verb in verbs:
        told = run(name, *([verb] if verb else []), "--help")
        assert told.exit_code == 0, told.output
        assert "--local" in told.stdout


def test_help_tells_the_exit_codes_and_where_the_key_comes_from(run: Run) -> None:
    told = run("--help").stdout
    for words in ("DIDWW_API_KEY", "130", "cdrs", "voice_in_trunks", "--local"):
        assert words in told


def test_no_option_takes_the_key_itself() -> None:
    names = {name for option in didww.params for name in option.opts}
    assert not names & {"--key", "--api-key", "--token"}
    assert {"--key-env", "--key-file", "--ask-key"} <= names


def test_resources_may_be_written_with_dashes(local: Run) -> None:
    assert local("voice-in-trunks", "list").exit_code == 0


def test_a_misspelt_command_is_corrected(run: Run) -> None:
    told = run("cuntries", "list")
    assert told.exit_code == 2
    assert "did you mean 'countries'" in told.stderr


def test_without_a_key_nothing_is_sent_and_the_message_says_where_one_is_looked_for(run: Run) -> None:
    told = run("balance")
    assert told.exit_code == 2
    assert "DIDWW_API_KEY" in told.stderr
    assert "--local" in told.stderr


@pytest.mark.parametrize(
    ("options", "environment", "stdin"),
    [
        (["--key-env", "ACME_KEY"], {"ACME_KEY": "secret-of-acme"}, None),
        (["--key-file", "key.txt"], {}, None),
        (["--key-file", "-"], {}, "secret-of-acme\n"),
        (["--ask-key"], {}, "secret-of-acme\n"),
        ([], {"DIDWW_API_KEY": "secret-of-acme"}, None),
    ],
)
def test_a_key_is_taken_from_wherever_it_is_said_to_be_and_never_printed(
    options: list[str],
    environment: dict[str, str],
    stdin: str | None,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.txt").write_text("secret-of-acme\n")
    given: list[str] = []

    def no_session(key: str, **_: Any) -> None:
        given.append(key)
        raise TransportError("there is no network")

    monkeypatch.setattr("didww_async.session.Session", no_session)
    told = run(*options, "balance", env=environment, input=stdin)
    assert given == ["secret-of-acme"]
    assert told.exit_code == 1
    assert "secret-of-acme" not in told.output


@pytest.mark.parametrize("content", ["", "\nkey\n", None])
def test_a_key_file_without_a_key_is_refused(content: str | None, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    told = run("--key-file", file, "balance")
    assert told.exit_code in (1, 2)
    assert str(file) in told.stderr
    assert "Traceback" not in told.output


def test_options_may_stand_before_or_after_the_command(run: Run, account: Simulator) -> None:
    before, after = run("--local", "--json", "balance"), run("balance", "--local", "--json")
    assert before.exit_code == after.exit_code == 0
    assert before.stdout == after.stdout


def test_a_command_for_one_account_refuses_two(run: Run) -> None:
    told = run("--key-env", "A", "--key-env", "B", "balance", env={"A": "a", "B": "b"})
    assert told.exit_code == 2
    assert "one account" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["dids", "get", ID], 4),
        (["dids", "get", "not-an-id"], 2),
        (["dids", "list", "--filter", "nubmer=1"], 2),
        (["dids", "list", "--sort", "nubmer"], 2),
        (["dids", "list", "--include", "trunk"], 2),
        (["dids", "list", "--limit", "0"], 2),
        (["sms_trunks", "list"], 2),
        (["--api-version", "2020-01-01", "balance"], 2),
    ],
)
def test_exit_codes_tell_what_kind_of_failure_it_was(arguments: list[str], code: int, local: Run) -> None:
    told = local(*arguments)
    assert told.exit_code == code
    assert told.stdout == ""
    assert "Traceback" not in told.stderr


def test_an_error_of_the_api_is_one_line_and_exit_code_1(local: Run, account: Simulator) -> None:
    told = local("voice_in_trunks", "create", "name=", "configuration.type=sip", "configuration.host=a")
    assert told.exit_code == 1
    assert told.stderr.startswith("didww: POST /voice_in_trunks: 422")
    assert len(told.stderr.splitlines()) == 1


def test_a_fault_of_ours_has_no_traceback_unless_asked_for(local: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("didww_async.cli.resources.show_one", broken)
    told = local("balance")
    assert told.exit_code == 1
    assert "unexpected RuntimeError: a fault of ours" in told.stderr
    assert isinstance(local("--debug", "balance").exception, RuntimeError)


def test_warnings_of_the_library_are_said_on_stderr(local: Run, account: Simulator) -> None:
    account.answered_version = "2026-11-19"
    told = local("--json", "balance")
    assert told.exit_code == 0
    assert told.stderr.startswith("didww: API version 2026-04-16 was asked for")
    assert told.stdout.startswith("{")


def test_debug_tells_every_request(local: Run) -> None:
    assert "GET /balance" in local("--debug", "balance").stderr


def test_without_click_and_rich_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "pip install 'didww_async[cli]'" in capsys.readouterr().err
