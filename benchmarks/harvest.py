"""Harvesting call files: rows, Parquet, CSV, memory, ninety windows, the event loop, and kills at random moments.

    python -m benchmarks.harvest [--quick] [PART ...]

Parts are rows, parquet, csv, memory, windows, loop and kills. Each figure is measured in a process of its own, next to
its peers: the standard library, igzip, and the vendor's SDK with csv.DictReader.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from didww_async import Session
from didww_async.cdr.calls import AT_ONCE, BATCH, read_file
from didww_async.cdr.columns import kind_of
from didww_async.cdr.download import Downloader, unpack
from didww_async.cdr.sinks import write_rows
from didww_async.cdr.threads import Threads
from didww_async.retry import RetryPolicy

INBOUND = kind_of("in")
HEADERS = {
    15: "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Source,DID,Destination,Duration (secs),"
    "Disconnect Initiator,Disconnect Code,Response,TollFree Amount (USD),Termination Amount (USD),"
    "Metered Channels Amount (USD),Customer ID,Sell Amount (Points)",
    22: "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC),Status,Source,Source Name,"
    "Destination DID,Duration (sec),Attempt,Disconnect Code,Response,Disconnect Initiator,Voice IN Trunk,Destination,"
    "Trunk Group,Capacity Group,Toll-free (USD),PSTN (USD),Metered (USD),CNAM IN (USD),Total (USD),Call ID",
}


def lines(rows: int, columns: int) -> Iterator[str]:
    """Calls spread over a month, 70 % of them answered, the same in every run."""
    dice = random.Random(columns)
    begin = datetime(2026, 10, 1)  # noqa: DTZ001 - written without a zone, as the files are
    for number in range(rows):
        start = begin + timedelta(seconds=number * 30 * 86400 // rows)
        answered = dice.random() < 0.7
        talk = int(dice.expovariate(1 / 90)) + 1 if answered else 0
        connect = start + timedelta(seconds=dice.randrange(1, 9))
        times = f"{start},{connect},{connect + timedelta(seconds=talk)}" if answered else f"{start},,"
        cost = f"0.{dice.randrange(60):03d}" if answered else "0.000"
        end = "200,Bye" if answered else "404,Not Found"
        source, did = dice.randrange(10**10, 10**11), 97286259000 + dice.randrange(500)
        if columns == 15:
            yield f"{times},{source},{did},sip:pbx@example.com,{talk},Origination,{end},0.000,{cost},0.000,,0.000\r\n"
        else:
            yield (
                f"{times},{'Completed' if answered else 'Failed'},{source},,{did},{talk},1,{end},Origination,"
                f"Trunk {did % 7},sip:pbx@example.com,,,0.000,{cost},0.000,0.000,{cost},{dice.getrandbits(48):012x}\r\n"
            )


def make(folder: Path, rows: int, columns: int, times: int = 1) -> Path:
    """A gzip file of `rows` calls, or of `times` that many: then in as many members."""
    path = folder / f"{columns}-{rows}x{times}.csv.gz"
    if not path.exists():
        body = gzip.compress("".join(lines(rows, columns)).encode(), 6, mtime=0)
        with path.open("wb") as file:
            file.write(gzip.compress(f"{HEADERS[columns]}\r\n".encode(), mtime=0))
            for _ in range(times):
                file.write(body)
    return path


# --- what is measured, each in a process of its own ---------------------------------------------------------------


def typed(path: str) -> int:
    """As they are read for who takes them one by one."""
    return sum(map(len, read_file(Path(path), INBOUND, file="x", reject=None, size=AT_ONCE)))


def typed_batches(path: str) -> int:
    return sum(map(len, read_file(Path(path), INBOUND, file="x", reject=None, size=BATCH)))


def typed_peer(path: str) -> int:
    """gzip, csv.DictReader, datetime.fromisoformat and Decimal for each row."""
    types = {header: column.type for column in INBOUND.columns for header in column.headers}
    read: dict[str, Callable[[str], Any]] = {
        "time": lambda text: datetime.fromisoformat(text + "+00:00"),
        "money": Decimal,
        "integer": int,
        "text": str,
    }
    count = 0
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            for name, text in row.items():
                row[name] = read[types[name]](text) if text else None  # type: ignore[assignment]
            count += 1
    return count


def fetched(path: str, finish: Callable[[Path, Callable[[], None]], Any]) -> Any:
    """What `finish` returns of a file that is downloaded from a server on this machine."""

    async def fetch() -> Any:
        async with Session("key", api_version="2026-04-16", base_url="http://127.0.0.1:1/v3") as didww:
            with Threads() as threads, served(Path(path)) as url, tempfile.TemporaryDirectory() as folder:
                downloader = Downloader(didww.exports._transport, threads)
                return await downloader.fetch(url, Path(folder) / "part", finish)

    return asyncio.run(fetch())


def parquet(path: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "x.parquet"
        return fetched(
            path, lambda part, check: write_rows(part, target, INBOUND, "parquet", file="x", check=check)
        ).rows


def parquet_vendor(path: str) -> int:
    """The vendor's download_and_decompress_export, then csv.DictReader: no types, nothing written."""
    from didww.client import DidwwClient
    from didww.configuration import Environment

    client = DidwwClient(api_key="key", environment=Environment.SANDBOX)
    with served(Path(path)) as url, tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "x.csv"
        client.download_and_decompress_export(url, str(target))
        with target.open(newline="") as file:
            return sum(1 for _ in csv.DictReader(file))


def csv_file(path: str) -> int:
    """Our download finished as a CSV file: inflated, every checksum checked, on disk."""
    with tempfile.TemporaryDirectory() as folder:
        return unpack(Path(folder) / "x.csv")(Path(path), lambda: None)


def csv_copy(opener: Any, path: str, sync: bool = False) -> int:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "x.csv"
        with opener(path, "rb") as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
            if sync:
                out.flush()
                os.fsync(out.fileno())
        return target.stat().st_size


def csv_igzip(path: str) -> int:
    from isal import igzip

    return csv_copy(igzip.open, path)


def csv_igzip_synced(path: str) -> int:
    from isal import igzip

    return csv_copy(igzip.open, path, sync=True)


def csv_unsynced(path: str) -> int:
    """Ours without waiting for the disk, as gunzip does not either."""
    os.fsync = lambda descriptor: None
    return csv_file(path)


def csv_gzip(path: str) -> int:
    return csv_copy(gzip.open, path)


def csv_zlib(path: str) -> int:
    from didww_async.cdr import gunzip

    gunzip.deflate = zlib
    return csv_file(path)


def parquet_file(path: str) -> int:
    """To Parquet from a file that is here."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "x.parquet"
        return write_rows(Path(path), target, INBOUND, "parquet", file="x", check=lambda: None).rows


MEASURES: dict[str, Callable[[str], int]] = {
    measure.__name__: measure
    for measure in (
        typed,
        typed_batches,
        typed_peer,
        parquet,
        parquet_file,
        parquet_vendor,
        csv_file,
        csv_igzip,
        csv_igzip_synced,
        csv_unsynced,
        csv_gzip,
        csv_zlib,
    )
}


class Result:
    """Of a measure: seconds of the best run, processor seconds of it, rows or bytes, peak memory in MB."""

    def __init__(self, name: str, path: Path, runs: int = 1) -> None:
        found = [json.loads(child("--measure", name, str(path))) for _ in range(runs)]
        self.seconds: float = min(one["seconds"] for one in found)
        self.cpu: float = min(one["cpu"] for one in found)
        self.count: int = found[0]["count"]
        self.memory: float = max(one["memory"] for one in found)


def measure(name: str, path: str) -> None:
    if name.startswith("parquet"):
        import didww.client  # noqa: F401
        import pyarrow.compute
        import pyarrow.csv
        import pyarrow.parquet  # noqa: F401 - so that importing is not measured, of ours and of theirs
    spent: list[tuple[float, float]] = []
    count = 0
    for _ in range(3):  # the first run also pays for memory that the process has never touched
        began, cpu = time.perf_counter(), time.process_time()
        count = MEASURES[name](path)
        spent.append((time.perf_counter() - began, time.process_time() - cpu))
    told = {
        "seconds": min(seconds for seconds, _ in spent),
        "cpu": min(cpu for _, cpu in spent),
        "count": count,
        "memory": peak(),
    }
    print(json.dumps(told))


def peak() -> float:
    """Peak memory of this process in MB. Not ru_maxrss, which on Linux begins with what the parent had."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def child(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.harvest", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def served(path: Path) -> Iterator[str]:
    """The URL of a file, served by a process of its own."""
    code = (
        "import functools, http.server as h, sys\n"
        "class H(h.SimpleHTTPRequestHandler):\n"
        "    def log_message(self, *a): pass\n"
        "s = h.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(H, directory=sys.argv[1]))\n"
        "print(s.server_port, flush=True); s.serve_forever()\n"
    )
    server = subprocess.Popen([sys.executable, "-c", code, str(path.parent)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/{path.name}"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


# --- the parts of the report --------------------------------------------------------------------------------------


def verdict(good: bool) -> str:
    return "reached" if good else "MISSED"


def show(title: str, table: list[tuple[str, ...]], *notes: str) -> None:
    print(f"\n{title}")
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    for row in table:
        print(
            "  "
            + "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
    for note in notes:
        print(f"  {note}")


def rows_part(folder: Path, rows: int) -> None:
    for columns in (15, 22):
        path = make(folder, rows, columns)
        ours, batches, peer = Result("typed", path), Result("typed_batches", path), Result("typed_peer", path)
        show(
            f"Typed calls, {rows:,} rows of {columns} columns",
            [
                ("", "s", "cpu s", "rows/s"),
                *(
                    (name, f"{one.seconds:.2f}", f"{one.cpu:.2f}", f"{one.count / one.seconds:,.0f}")
                    for name, one in (
                        ("ours", ours),
                        (f"ours, in lists of {BATCH:,}", batches),
                        ("gzip + DictReader + fromisoformat + Decimal", peer),
                    )
                ),
            ],
            f"{peer.seconds / ours.seconds:.1f} times as fast (by processor time {peer.cpu / ours.cpu:.1f}); wanted 3: "
            + verdict(peer.seconds >= 3 * ours.seconds),
            f"100,000 rows/s: {verdict(ours.count / ours.seconds >= 100_000)}",
        )


def parquet_part(folder: Path, rows: int) -> None:
    for columns in (15, 22):
        path = make(folder, rows, columns)
        table = [("", "s", "cpu s", "rows/s")]
        found = {}
        for name, text in (
            ("parquet", "ours, downloaded"),
            ("parquet_file", "ours, from the file"),
            ("parquet_vendor", "vendor's SDK + DictReader, downloaded"),
        ):
            one = found[name] = Result(name, path)
            table.append((text, f"{one.seconds:.2f}", f"{one.cpu:.2f}", f"{one.count / one.seconds:,.0f}"))
        ours, vendor = found["parquet"], found["parquet_vendor"]
        show(
            f"To Parquet, {rows:,} rows of {columns} columns",
            table,
            f"{vendor.seconds / ours.seconds:.1f} times; wanted 10: {verdict(vendor.seconds >= 10 * ours.seconds)}",
            f"1,000,000 rows/s: {verdict(found['parquet_file'].count / found['parquet_file'].seconds >= 1_000_000)}",
        )


def csv_part(folder: Path, rows: int) -> None:
    path = make(folder, rows, 15)
    table = [("", "s", "MB/s")]
    found = {}
    for name, text in (
        ("csv_file", "ours (isal where it is installed)"),
        ("csv_zlib", "ours with the standard library's zlib"),
        ("csv_unsynced", "ours, without fsync"),
        ("csv_igzip_synced", "igzip.open, copied, fsync"),
        ("csv_igzip", "igzip.open, copied"),
        ("csv_gzip", "gzip.open, copied"),
    ):
        one = found[name] = Result(name, path, 2)
        table.append((text, f"{one.seconds:.3f}", f"{one.count / one.seconds / 1e6:,.0f}"))
    ratio = found["csv_unsynced"].seconds / found["csv_igzip"].seconds
    synced = found["csv_file"].seconds / found["csv_igzip_synced"].seconds
    show(
        f"gzip to CSV, {rows:,} rows, {found['csv_file'].count / 1e6:,.0f} MB",
        table,
        f"{synced:.2f} times igzip, both with fsync; wanted 1.3: {verdict(synced <= 1.3)}",
        f"{ratio:.2f} times igzip, both without; wanted 1.3: {verdict(ratio <= 1.3)}",
    )


def memory_part(folder: Path, rows: int) -> None:
    once, tenfold = make(folder, rows, 15), make(folder, rows, 15, 10)
    table = [("", f"{rows:,} rows", f"{10 * rows:,} rows", "growth", "allowed", "")]
    for name, allowed in (("parquet_file", 300), ("typed", 80)):
        small, large = Result(name, once).memory, Result(name, tenfold).memory
        good = large <= 1.1 * small and large < allowed
        row = (name, f"{small:.0f} MB", f"{large:.0f} MB", f"{large / small - 1:+.0%}", f"{allowed} MB", verdict(good))
        table.append(row)
    show("Peak memory of a process", table)


@contextmanager
def simulated(**options: Any) -> Iterator[str]:
    """The base URL of a simulator in a process of its own; what it counted is asked for with `counted`."""
    command = [sys.executable, "-m", "benchmarks.harvest", "--simulate", json.dumps(options)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        simulated.server = server  # type: ignore[attr-defined]
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


def counted() -> dict[str, int]:
    server: subprocess.Popen[str] = simulated.server  # type: ignore[attr-defined]
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("count\n")
    server.stdin.flush()
    told: dict[str, int] = json.loads(server.stdout.readline())
    return told


async def simulate(options: dict[str, Any]) -> None:
    from didww_async.simulator import Faults, Seed, Simulator

    faults = Faults(latency=options.pop("latency"))
    simulator = Simulator(faults=faults, size=Seed(calls_per_day=options.pop("calls")), **options)
    async with simulator.serve() as url:
        print(url, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            told = {"exports": simulator.exports_made, "requests": simulator.requests, "refused": simulator.refused}
            print(json.dumps(told), flush=True)


FIRST = datetime(2026, 10, 1, tzinfo=UTC)


async def harvest(url: str, out: str, windows: int, hours: int, format: str, kinds: list[str]) -> dict[str, Any]:
    retry = RetryPolicy(settle=2.0)  # this server carries a request out within its latency of 0.2 s, or never
    async with Session("simulator-key", base_url=url, api_version="2026-04-16", retry=retry) as didww:
        began = time.perf_counter()
        found = await didww.cdrs.harvest(
            kinds,
            first(windows, hours),
            last(windows, hours),
            out,
            format=format,
            window=timedelta(hours=hours),  # type: ignore[arg-type]
        )
        return {"windows": found.windows, "rows": found.rows, "seconds": time.perf_counter() - began}


def last(windows: int, hours: int) -> datetime:
    return first(windows, hours) + timedelta(hours=windows * hours)


def first(windows: int, hours: int) -> datetime:
    """So that the windows end two days ago, at midnight."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=2) - timedelta(hours=windows * hours)


def windows_part(folder: Path, windows: int) -> None:
    export, latency, rate = 5.0, 0.2, 20
    with simulated(export_seconds=export, latency=latency, calls=2400) as url:
        out = folder / "windows"
        told = asyncio.run(harvest(url, str(out), windows, 12, "csv", ["in"]))
        count = counted()
    # The last export is asked for when the limit lets it, is made, and is fetched.
    bound = windows / rate + latency + export + latency
    show(
        f"{windows} windows from a server that needs {export:g} s for an export and answers in {latency * 1e3:.0f} ms",
        [
            ("harvested", "bound", "requests", "refused"),
            (f"{told['seconds']:.1f} s", f"{bound:.1f} s", f"{count['requests']}", f"{count['refused']}"),
        ],
        f"{told['seconds'] / bound:.2f} times the bound; wanted 1.3: {verdict(told['seconds'] <= 1.3 * bound)}",
        f"one export for each window: {verdict(count['exports'] == windows)}",
    )


async def heartbeat(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + 0.002
        await asyncio.sleep(0.002)
        late.append((time.perf_counter() - due) * 1e3)


async def with_heartbeat(url: str, out: str, format: str) -> tuple[list[float], dict[str, Any]]:
    late: list[float] = []
    beat = asyncio.create_task(heartbeat(late))
    told = await harvest(url, out, 4, 24, format, ["in", "out"])
    beat.cancel()
    return late, told


def loop_part(folder: Path, calls: int) -> None:
    table = [("", "rows", "s", "p50", "p99", "max", "")]
    with simulated(export_seconds=0.5, latency=0.0, calls=calls) as url:
        for format in ("csv", "jsonl", "parquet"):
            late, told = asyncio.run(with_heartbeat(url, str(folder / f"loop-{format}"), format))
            late.sort()
            p99 = late[int(0.99 * len(late))]
            table.append(
                (
                    format,
                    f"{told['rows']:,}",
                    f"{told['seconds']:.1f}",
                    f"{late[len(late) // 2]:.1f} ms",
                    f"{p99:.1f} ms",
                    f"{late[-1]:.1f} ms",
                    verdict(p99 <= 20),
                )
            )
    show("How late a 2 ms heartbeat is while a harvest runs on the same event loop (wanted: p99 within 20 ms)", table)


def digest(out: Path) -> tuple[int, str]:
    """The rows of a folder, sorted: how many, and their SHA-256."""
    rows = sorted(line for path in out.glob("kind=*/**/*.csv") for line in path.read_text().splitlines()[1:])
    return len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()


def kills_part(folder: Path, kills: int) -> None:
    windows, dice = 12, random.Random(25)
    with simulated(export_seconds=1.0, latency=0.2, calls=12_000) as url:
        arguments = ["--harvest", url, str(folder / "killed"), str(windows)]
        command = [sys.executable, "-m", "benchmarks.harvest", *arguments]
        done = killed = 0
        for number in range(kills):
            if number % 5 == 0:
                shutil.rmtree(folder / f"killed-{number // 5}", ignore_errors=True)
            out = folder / f"killed-{number // 5}"
            run = subprocess.Popen(
                [*command[:-2], str(out), str(windows)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                run.wait(dice.uniform(0.3, 3.5))
                done += 1
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                killed += 1
        sums = set()
        for number in range((kills + 4) // 5):
            out = folder / f"killed-{number}"
            told = json.loads(child("--harvest", url, str(out), str(windows)))
            del told
            sums.add(digest(out))
        count = counted()
    with simulated(export_seconds=0.2, latency=0.0, calls=12_000) as url:
        child("--harvest", url, str(folder / "undisturbed"), str(windows))
        sums.add(digest(folder / "undisturbed"))
    show(
        f"Killed with -9 at random moments and run again ({windows} windows, five folders one after the other)",
        [
            ("killed", "ended before", "exports", "different results"),
            (f"{killed}", f"{done}", f"{count['exports']}", f"{len(sums) - 1}"),
        ],
        f"rows equal to an undisturbed run, {next(iter(sums))[0]:,} of them: {verdict(len(sums) == 1)}",
        f"exactly one export for each window: {verdict(count['exports'] == windows)}",
    )


PARTS: dict[str, Callable[[Path, bool], None]] = {
    "rows": lambda folder, quick: rows_part(folder, 100_000 if quick else 1_000_000),
    "parquet": lambda folder, quick: parquet_part(folder, 100_000 if quick else 1_000_000),
    "csv": lambda folder, quick: csv_part(folder, 100_000 if quick else 1_000_000),
    "memory": lambda folder, quick: memory_part(folder, 100_000 if quick else 1_000_000),
    "windows": lambda folder, quick: windows_part(folder, 20 if quick else 90),
    "loop": lambda folder, quick: loop_part(folder, 10_000 if quick else 100_000),
    "kills": lambda folder, quick: kills_part(folder, 5 if quick else 25),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", default=[])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, fewer windows and kills")
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--simulate", help=argparse.SUPPRESS)
    parser.add_argument("--harvest", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
    elif given.simulate:
        asyncio.run(simulate(json.loads(given.simulate)))
    elif given.harvest:
        url, out, windows = given.harvest
        print(json.dumps(asyncio.run(harvest(url, out, int(windows), 24, "csv", ["in"]))))
    else:
        with tempfile.TemporaryDirectory(prefix="didww-benchmark-") as folder:
            for name in given.parts or PARTS:
                PARTS[name](Path(folder), given.quick)


if __name__ == "__main__":
    main()
