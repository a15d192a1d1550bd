"""Several processes order with one key while everything goes wrong: the full size is in `benchmarks.ordering`."""

from __future__ import annotations

from benchmarks.ordering import faulty, run
from didww_async.simulator.description import VERSIONS, describe

for _version in VERSIONS:
    describe(_version)  # so that no test reads it from the disk while its loop runs


async def test_four_processes_of_which_one_is_killed_order_everything_once_and_every_caller_has_its_own() -> None:
    tally = await run(24, processes=4, faults=faulty(), kill=True, settle=1.0)
    assert tally.exact, tally
