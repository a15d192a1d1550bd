"""What went wrong, as an exit code and one or two lines on stderr."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, Any

import click

from ..errors import ConfigurationError, DidwwError, NotFound
from .connection import Connection

__all__ = ["EXIT_CODES", "Fault", "Misuse", "NotWell", "Partial", "boundary"]

EXIT_CODES = """\b
Exit codes:
  0    done (also when the reader of a pipe has seen enough and left)
  1    the API, the network or the disk said no
  2    wrong usage or configuration; nothing was sent
  3    done in part: the output says what is missing
  4    no such record, or `didww doctor` found a fault
  130  interrupted
"""


class Fault(click.ClickException):
    """Ends the command with a message on stderr: the API, the network or the disk said no."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"didww: {self.format_message()}", file=file, err=True)


class Misuse(Fault):
    """Wrong usage or configuration; nothing was sent."""

    exit_code = 2


class Partial(Fault):
    """Done in part."""

    exit_code = 3


class NotWell(Fault):
    """What was looked for is not there, or not as it should be."""

    exit_code = 4


@contextmanager
def boundary(connection: Connection) -> Generator[None]:
    """Turn whatever is raised inside into an exit code; with --debug, a traceback is shown as it is."""
    try:
        yield
    except (click.exceptions.Exit, click.ClickException):
        raise
    except (KeyboardInterrupt, click.Abort):
        click.echo(err=True)
        raise click.exceptions.Exit(130) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            # Whatever is still buffered has nowhere to go, and the interpreter would complain when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(0) from None
        if connection.debug:
            raise
        raise _fault(error) from None


def _fault(error: Exception) -> Fault:
    if isinstance(error, NotFound):
        return NotWell(str(error))
    if isinstance(error, ConfigurationError):
        return Misuse(str(error))
    if isinstance(error, DidwwError | OSError):
        return Fault(str(error))
    return Fault(f"unexpected {type(error).__name__}: {error} (didww --debug shows where)")
