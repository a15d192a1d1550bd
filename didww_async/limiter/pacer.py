"""The part of a limiter that runs in the process: a line of waiters for each event loop, served slot by slot.

A `Store` says which slot is next and when; here is what all stores have in common. Each event loop has a `Desk` with
its own line and a task that serves it while anybody waits. The desk reserves the next slot, sleeps until its time,
and only then looks who is first: an interactive request that came meanwhile passes. Each desk also has an
aiolimiter bucket, on the loop's own clock, so that no loop bursts whatever a store in a file or a server says.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

from aiolimiter import AsyncLimiter

from .base import Priority
from .guard import Guard
from .ledger import Note, Reservation, hold
from .line import Line

__all__ = ["Pacer", "SlotPermit", "Store"]

LATE = 0.05
"""Seconds after its time up to which a reserved slot is still used; the loop was blocked if it is later."""

SILENCE = 0.25
"""Seconds without a sign of life after which what a loop was about to send counts as sent only now."""

BATCH = 4
"""Slots reserved in one exchange with a store at most."""

BUCKET = 4
"""Requests that one loop sends at once at most, in whatever state the store is."""


class Store(Protocol):
    """Where the slots are. Times are in seconds of the limiter's own clock."""

    async def reserve(
        self, now: float, wanted: int, spare: float, notes: Sequence[Note]
    ) -> Sequence[Reservation] | float:
        """Take the notes, then reserve one slot or a few (at most `wanted`), or say when to ask again."""
        ...

    async def refuse(self, now: float, retry_after: float | None, spread: float) -> float:
        """Make everybody pause. Returns for how many seconds."""
        ...

    def paused_until(self) -> float:
        """Until when all pause, as far as is known without asking far."""
        ...

    async def sharers(self) -> Sequence[str]:
        """Who else shares the budget, a line each."""
        ...

    async def aclose(self, notes: Sequence[Note]) -> None:
        """Take the last notes, and close."""
        ...


class SlotPermit:
    """Leave to send one request: a slot, held from `at` on."""

    __slots__ = ("__weakref__", "_desk", "at", "late", "reservation", "waited")

    def __init__(self, desk: Desk, reservation: Reservation, at: float) -> None:
        self._desk = desk
        self.reservation: Reservation = reservation
        self.at: float = at
        self.late: bool = False
        self.waited: float = 0.0

    def answered(self) -> None:
        """The head of the answer is here."""
        self._desk.answered(self)

    def unsent(self) -> None:
        """The request never reached the API."""
        self._desk.unsent(self)


class Desk:
    """One event loop's line, and the task that serves it."""

    def __init__(self, pacer: Pacer) -> None:
        self.line: Line[SlotPermit] = Line()
        self._pacer = pacer
        self._bucket = AsyncLimiter(BUCKET, BUCKET / pacer.rate)
        self._held: deque[Reservation] = deque()
        # Weak: a permit that nobody holds any more (a cancelled request, a lost answer) is not used later.
        self._out: WeakValueDictionary[int, SlotPermit] = WeakValueDictionary()
        self._seen = pacer.clock()
        self._task: asyncio.Task[None] | None = None

    async def acquire(self, priority: Priority) -> SlotPermit:
        started = self.sign_of_life()
        waiter: asyncio.Future[SlotPermit] = asyncio.get_running_loop().create_future()
        self.line.join(waiter, priority)
        self._begin()
        try:
            permit = await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                self.line.left(priority)
            elif waiter.exception() is None:
                waiter.result().unsent()
            raise
        permit.waited = permit.at - started
        return permit

    def sign_of_life(self) -> float:
        """The time now. After a silence, whatever was about to be sent may have been held up in this loop."""
        now = self._pacer.clock()
        if now - self._seen > SILENCE:
            for permit in list(self._out.values()):
                permit.at, permit.late = now, True
                self._pacer.held_up(permit, now)
        self._seen = now
        return now

    def answered(self, permit: SlotPermit) -> None:
        now = self.sign_of_life()
        if self._out.pop(permit.reservation.token, None) is not None:
            self._pacer.answered(permit, now)

    def unsent(self, permit: SlotPermit) -> None:
        if self._out.pop(permit.reservation.token, None) is not None:
            self._pacer.give_back(permit.reservation)

    def _begin(self) -> None:
        if self.line and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._serve(), name="didww_async limiter")
            self._task.add_done_callback(self._served)

    async def _serve(self) -> None:
        try:
            while self.line:
                await self._bucket.acquire()
                reservation = await self._reservation()
                waiter = self.line.next()
                if waiter is None:
                    self._held.appendleft(reservation)
                    break
                permit = SlotPermit(self, reservation, self._pacer.clock())
                self._out[reservation.token] = permit
                waiter.set_result(permit)
        finally:
            while self._held:
                self._pacer.give_back(self._held.popleft())

    async def _reservation(self) -> Reservation:
        """A slot whose time has come."""
        while True:
            if not self._held:
                answer = await self._pacer.reserve(min(len(self.line), BATCH) or 1)
                if isinstance(answer, float | int):
                    await self._sleep(answer)
                    continue
                self._held.extend(answer)
            now = await self._sleep(self._held[0].at)
            reservation = self._held.popleft()
            if now <= reservation.at + LATE and now >= self._pacer.paused_until():
                return reservation
            self._pacer.give_back(reservation)

    async def _sleep(self, until: float) -> float:
        now = self._pacer.clock()
        self._seen = max(now, until)
        await asyncio.sleep(until - now)
        return self.sign_of_life()

    def _served(self, task: asyncio.Task[None]) -> None:
        # Nobody is left waiting for ever: a failure is theirs; a cancelled task is begun anew, unless those who wait
        # are being cancelled with it.
        if task.cancelled():
            task.get_loop().call_soon(self._begin)
        elif (error := task.exception()) is not None:
            for waiter in self.line.drain():
                waiter.set_exception(error)


class Pacer:
    """A `RateLimiter` over a `Store`: desks, the guard that answers teach, and the notes on their way to the store."""

    def __init__(self, store: Store, *, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate: float = float(rate)
        self.clock: Callable[[], float] = clock
        self.paused_until: Callable[[], float] = store.paused_until
        self._store = store
        self._hold = hold(self.rate)
        self._guard = Guard()
        self._notes: deque[Note] = deque()
        self._early: list[tuple[SlotPermit, float]] = []
        self._desks: dict[asyncio.AbstractEventLoop, Desk] = {}
        self._lock = threading.Lock()

    async def acquire(self, priority: Priority = Priority.NORMAL) -> SlotPermit:
        """Wait until a request may be sent."""
        return await self._desk().acquire(priority)

    async def refused(self, retry_after: float | None = None) -> float:
        """A 429 was seen: everybody with this key pauses, and is slower for a while. Returns the pause in seconds."""
        now = self.clock()
        pause = await self._store.refuse(now, retry_after, self._guard.spread)
        with self._lock:
            self._guard.refused(now)
        return pause

    async def aclose(self) -> None:
        """Give back what is held outside the process, unless another session waits here."""
        if not any(desk.line for desk in self._desks.values()):
            await self._store.aclose(self._take_notes())

    async def sharers(self) -> Sequence[str]:
        """Who shares the budget, a line each, this process first. For `didww doctor`."""
        waiting = sum(len(desk.line) for desk in self._desks.values())
        ours = f"this process: {len(self._desks)} event loop(s), {waiting} waiting"
        return [ours, *await self._store.sharers()]

    async def reserve(self, wanted: int) -> Sequence[Reservation] | float:
        """For a desk: the next slot or slots, or when to ask again."""
        now = self.clock()
        return await self._store.reserve(now, wanted, self._guard.unanswered(now), self._take_notes())

    def answered(self, permit: SlotPermit, now: float) -> None:
        """For a desk: the slot's second begins when the request arrived, which is known better now."""
        if permit.late:
            self._note(permit, now + self._hold)
            return
        with self._lock:
            self._guard.learn(now - permit.at, now)
            self._early.append((permit, now - permit.at))
            if self._guard.learnt:
                answered, self._early = self._early, []
                for each, round_trip in answered:
                    self._note(each, each.at + self._hold + self._guard.excess(round_trip, now))

    def held_up(self, permit: SlotPermit, now: float) -> None:
        """For a desk: this permit may be used only now, when its slot may be somebody else's."""
        self._note(permit, now + self._hold + self._guard.unanswered(now))

    def give_back(self, reservation: Reservation) -> None:
        """For a desk: the slot was not used."""
        self._notes.append(Note(reservation.slot, reservation.token, None, reservation.before))

    def _note(self, permit: SlotPermit, ready: float) -> None:
        self._notes.append(Note(permit.reservation.slot, permit.reservation.token, permit.at, ready, late=permit.late))

    def _take_notes(self) -> list[Note]:
        notes: list[Note] = []
        while self._notes:
            notes.append(self._notes.popleft())
        return notes

    def _desk(self) -> Desk:
        loop = asyncio.get_running_loop()
        desk = self._desks.get(loop)
        if desk is None:
            with self._lock:
                for other in [other for other in self._desks if other.is_closed()]:
                    del self._desks[other]
                desk = self._desks[loop] = Desk(self)
        return desk
