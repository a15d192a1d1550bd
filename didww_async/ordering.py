"""Create a record exactly once: what became of a write whose answer was lost is looked up by its reference.

The API has no idempotency key, but it lets most records be filtered by an `external_reference_id` that the
creator chose. So a write that may or may not have been carried out is looked for, and it is sent again only
when it is proven that it was not.

The proof needs time. A request whose connection broke may still be in the API's hands, and what was booked
may take a moment to be seen by a filter. Nothing of that is documented; servers of this kind cut a request
off after 30 to 60 seconds, and the vendor gives its own callbacks 60. So a record that is not seen 60 seconds
after it was sent (`RetryPolicy.settle`) is taken as never made. Until then it is looked for at growing
intervals, and the first look nearly always finds it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import uuid4

import attrs

from .errors import (
    ConfigurationError,
    DidwwError,
    Duplicate,
    ProtocolError,
    RateLimited,
    ServerError,
    TransportError,
    UnknownOutcome,
)
from .records.base import Record

__all__ = ["Creation", "create_once", "keep_only", "new_reference"]

R = TypeVar("R", bound=Record)

SEEN = 2.0
"""Seconds that a record may take to be seen by a filter, at least granted after an answer was lost."""

FIRST_LOOK = 0.5
LONGEST_WAIT = 10.0
"""Seconds between looks: they double from the first to the longest."""

PATIENCE = 60.0
"""Seconds after `settle` that are spent on looking when the looks themselves fail."""

LASTS = 3600.0
"""Seconds that a call may go on, at the most: one that began so long ago has surely sent for the last time."""

SENDS = 5
"""How often a write is sent at most, each time after proof that the one before was not carried out."""

_log = logging.getLogger("didww_async")


def new_reference() -> str:
    """A reference that nobody has: 35 of the 100 characters that the API takes."""
    return f"da-{uuid4().hex}"


@attrs.frozen
class Creation(Generic[R]):
    """One record that is to be made once.

    `what` names it in messages, `send` is the POST, `look` lists the records with its reference (and raises
    ConfigurationError where one is something else), `keep` decides between several, `settle` is
    `RetryPolicy.settle`.
    """

    what: str
    send: Callable[[], Awaitable[R]]
    look: Callable[[], Awaitable[Sequence[R]]]
    keep: Callable[[Sequence[R]], Awaitable[R]]
    settle: float


async def create_once(
    creation: Creation[R], *, attempted: bool | datetime, wanted: Callable[[], bool] = lambda: True
) -> R:
    """The record: made now, or found where an earlier attempt made it.

    `attempted` says whether the reference may have been sent before, or when the call that sent it began (an
    aware datetime).
    `wanted` is asked before the write is sent again.

    Raises what the API answers, TransportError where it is proven that nothing was made, and UnknownOutcome
    where nothing could be proven.
    """
    if attempted is not False and (found := await _looks(creation, _settled(attempted, creation.settle))):
        return await creation.keep(found)
    lost: DidwwError | None = None
    for sends in range(1, SENDS + 1):
        began = _now()
        try:
            record = await creation.send()
        except (UnknownOutcome, ServerError, ProtocolError) as error:
            lost = error
            _log.warning("%s: the outcome is unclear, looking it up: %s", creation.what, error)
            if found := await _looks_after(creation, began, lost):
                return await creation.keep(found)
            if sends == SENDS or not wanted():
                raise _never_made(creation, sends, error) from error
        except RateLimited as error:
            # Never looked at, and the limit is there to be waited for.
            if sends == SENDS or (error.retry_after or 0.0) > creation.settle or not wanted():
                raise
            await asyncio.sleep(error.retry_after or FIRST_LOOK * 2**sends)
        except DidwwError:
            # A refusal may be the doing of the write before: it took the balance, or the stock.
            if lost is not None and (found := await _others(creation)):
                return await creation.keep(found)
            raise
        else:
            if lost is None and attempted is False:
                return record
            return await creation.keep([record, *await _others(creation, record)])
    raise AssertionError("the last sending returns or raises")


def _now() -> float:
    return asyncio.get_running_loop().time()


def _settled(attempted: bool | datetime, settle: float) -> float:
    """The moment from which on an earlier attempt is seen or was not carried out."""
    if not isinstance(attempted, datetime):
        return _now()
    if attempted.tzinfo is None:
        raise ConfigurationError(f"attempted must be a bool or an aware datetime; got {attempted!r}")
    # That call may have sent it again since then, and for the last time just now.
    ago = (datetime.now(UTC) - attempted).total_seconds()
    return _now() + (settle if ago < LASTS else 0.0)


async def _others(creation: Creation[R], known: R | None = None) -> Sequence[R]:
    """What else there is, beside the `known` one; nothing where it cannot be looked up."""
    try:
        return [record for record in await creation.look() if known is None or record.id != known.id]
    except DidwwError as error:
        _log.warning("%s: whether there are others could not be looked up: %s", creation.what, error)
        return ()


async def _looks(creation: Creation[R], until: float, *, patience: float = 0.0) -> Sequence[R]:
    """What is found until then. An empty answer is proof: the look at the end must have succeeded."""
    wait = FIRST_LOOK
    while True:
        due = _now() >= until
        try:
            found = await creation.look()
        except ConfigurationError:
            raise
        except DidwwError:
            if _now() >= until + patience:
                raise
        else:
            if found or due:
                return found
        await asyncio.sleep(min(wait, max(until - _now(), FIRST_LOOK)))
        wait = min(2 * wait, LONGEST_WAIT)


async def _looks_after(creation: Creation[R], began: float, lost: DidwwError) -> Sequence[R]:
    """What is found of a write that was sent at `began` and whose answer was lost."""
    until = max(began + creation.settle, _now() + SEEN)
    await asyncio.sleep(min(FIRST_LOOK, until - _now()))
    try:
        return await _looks(creation, until, patience=PATIENCE)
    except DidwwError as failed:
        unclear = lost if isinstance(lost, UnknownOutcome) else None
        raise UnknownOutcome(
            f"{creation.what}: {lost}. It was looked for, and that failed too: {failed}. Call again later "
            "with the same reference: what was made will be found, and not made twice",
            method="POST",
            path=unclear.path if unclear else "",
            sent=unclear.sent if unclear else None,
        ) from lost


def _never_made(creation: Creation[R], sends: int, lost: DidwwError) -> TransportError:
    return TransportError(
        f"{creation.what}: sent {sends} time(s) and never carried out, as looking it up shows. Last: {lost}"
    )


async def keep_only(what: str, found: Sequence[R]) -> R:
    """The one that was found. Raises Duplicate where there are several: nothing says which to delete."""
    if len(found) == 1:
        return found[0]
    raise Duplicate(
        f"{what}: it was made {len(found)} times. Delete what is not wanted of {', '.join(one.id for one in found)}",
        records=found,
    )
