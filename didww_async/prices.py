"""What calls and messages cost: lookups by number, and the whole price files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from os import PathLike
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from uuid import uuid4

import attrs
import msgspec

from .cdr.download import keep
from .cdr.gunzip import read_chunks
from .cdr.threads import Threads
from .errors import ConfigurationError, CorruptDownload, DidwwError, NotInVersion, ProtocolError, TransportError
from .records.prices import (
    Price,
    SmsInPrice,
    SmsOutPrice,
    VoiceInPrice,
    VoiceOutPrice,
    read_price,
    read_price_file,
)
from .records.scalars import Digits
from .transport import StreamedAnswer, Transport
from .versions import V2026_11_19

__all__ = [
    "PriceBook",
    "PriceFile",
    "PriceTable",
    "Prices",
    "SmsInPrices",
    "SmsOutPrices",
    "VoiceInPrices",
    "VoiceOutPrices",
]

P = TypeVar("P", bound=Price)

_ATTEMPTS: Final = 3
_NUMBER: Final = re.compile(r"[1-9][0-9]{7,14}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


@attrs.frozen
class PriceFile:
    """What is known of a price file: when it changed last, and its size in bytes, compressed.

    Give `modified` to `modified_since` the next time. None where the service did not say.
    """

    modified: datetime | None
    size: int | None


class PriceTable(Generic[P]):
    """A price file that is here, whole and checked. Iterate over it once or more while its block is open."""

    def __init__(self, file: PriceFile, path: Path, name: str, price: type[P], threads: Threads) -> None:
        self.modified: datetime | None = file.modified
        self.size: int | None = file.size
        self._path = path
        self._name = name
        self._price = price
        self._threads = threads

    async def __aiter__(self) -> AsyncIterator[P]:
        async for batch in self.batches():
            for price in batch:
                yield price

    async def batches(self) -> AsyncIterator[list[P]]:
        """The prices some hundreds at a time, read in a thread."""
        async for batch in self._threads.iterate(
            lambda: read_price_file(read_chunks(self._path), self._price, file=self._name)
        ):
            yield batch


class PriceBook(Generic[P]):
    """One kind of price: its lookups and its file. Every request spends the budget that the account has for prices.

    A file that is not generated yet is answered with 503 and the time to wait. That is waited for as the session's
    retry policy allows, and raised as ServerError with `retry_after` beyond.
    """

    def __init__(self, transport: Transport, version: str, service: str, price: type[P], path: str = "") -> None:
        self._transport = transport
        self._version = version
        self._service = service
        self._price = price
        self._path = path
        self._name = f"{(path.strip('/') or service).replace('/', '_')}_prices.csv.gz"

    async def head(self, *, modified_since: datetime | None = None) -> PriceFile | None:
        """What the file is like, without it; None where it has not changed since then."""
        answer = await self._transport.request(
            "HEAD", self._file, headers=self._conditions(modified_since), service=self._service
        )
        return None if answer.status == 304 else _price_file(answer.headers)

    @asynccontextmanager
    async def open(self, *, modified_since: datetime | None = None) -> AsyncGenerator[PriceTable[P] | None]:
        """The prices of the whole plan, or None where the file has not changed since then.

            async with didww.prices.voice_in.open(modified_since=seen) as table:
                if table is not None:
                    async for price in table: ...
                    seen = table.modified

        The file is kept on disk for the length of the block, so memory does not grow with it. Raises
        CorruptDownload where it comes damaged again and again, RowError where a line cannot be read.
        """
        with Threads() as threads:
            folder = await threads.run(tempfile.TemporaryDirectory[str], prefix="didww-prices-")
            try:
                path = Path(folder.name) / self._name
                file = await self._fetch(path, threads, modified_since)
                yield None if file is None else PriceTable(file, path, self._name, self._price, threads)
            finally:
                await threads.run(folder.cleanup)

    async def download(self, path: str | PathLike[str], *, modified_since: datetime | None = None) -> PriceFile | None:
        """Save the file, gzip CSV as it comes, to `path`; None where it has not changed since then.

        What was at `path` is replaced once all is there and checked, and else stays.
        """
        with Threads() as threads:
            return await self._fetch(Path(path), threads, modified_since)

    async def _fetch(self, path: Path, threads: Threads, modified_since: datetime | None) -> PriceFile | None:
        # The service gives no ranges: a file that is cut off is fetched anew.
        headers = self._conditions(modified_since)
        part = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
        problem: DidwwError | None = None
        try:
            for _ in range(_ATTEMPTS):
                try:
                    async with self._transport.stream(self._file, headers=headers, service=self._service) as answer:
                        if answer.status == 304:
                            return None
                        await _write(answer, part, threads)
                    await threads.run_stoppable(lambda check: keep(path)(part, check))
                    return _price_file(answer.headers)
                except (TransportError, CorruptDownload) as error:
                    problem = error
        finally:
            await threads.run(part.unlink, missing_ok=True)
        raise problem or AssertionError

    async def _lookup(self, filters: Mapping[str, str | None]) -> Sequence[P]:
        self._available()
        params = [(f"filter[{name}]", value) for name, value in filters.items() if value is not None]
        path = f"{self._path}/lookup/prices"
        answer = await self._transport.request("GET", path, params=params, service=self._service)
        try:
            found = msgspec.json.decode(answer.content, type=_Document).data
            return [read_price(self._price, one.attributes, one.id) for one in found]
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ProtocolError(f"GET {path} was answered by no document of prices: {error}") from None

    @property
    def _file(self) -> str:
        self._available()
        return f"{self._path}/prices.csv.gz"

    def _available(self) -> None:
        if self._version != V2026_11_19:
            raise NotInVersion(
                f"API version {self._version} has no prices: they are in {V2026_11_19} only. "
                f"Open the session with api_version={V2026_11_19!r}"
            )

    def _conditions(self, modified_since: datetime | None) -> Mapping[str, str]:
        # Everything is accepted, or a proxy may take the gzip file for something that it should inflate.
        if modified_since is None:
            return {"Accept": "*/*"}
        if modified_since.tzinfo is None:
            raise ConfigurationError(
                f"modified_since must be an aware datetime, such as `modified` of a PriceFile; got {modified_since!r}"
            )
        return {"Accept": "*/*", "If-Modified-Since": format_datetime(modified_since.astimezone(UTC), usegmt=True)}


class VoiceInPrices(PriceBook[VoiceInPrice]):
    """Prices of inbound calls."""

    async def lookup(self, number: str, *, source_country: str | None = None) -> Sequence[VoiceInPrice]:
        """What a call to `number` costs: one price for each kind of caller and destination country, never none.

        `number` is in E.164, with or without `+`. `source_country` is the country that is called from, in two
        capital letters; without it only prices for callers from anywhere answer. Raises NotFound where the plan
        has no price for the number (code `price_not_found`) or the account no plan (`price_plan_not_assigned`).
        """
        return await self._lookup(
            {"number": _number(number, "number"), "src_country_iso": _country(source_country, "source_country")}
        )


class VoiceOutPrices(PriceBook[VoiceOutPrice]):
    """Prices of outbound calls."""

    async def lookup(self, number: str) -> Sequence[VoiceOutPrice]:
        """What a call to `number`, in E.164 with or without `+`, costs, now and from when on what else.

        Raises NotFound where there is no price for the number or no plan.
        """
        return await self._lookup({"number": _number(number, "number")})


class SmsOutPrices(PriceBook[SmsOutPrice]):
    """Prices of messages sent, of one kind of traffic."""

    async def lookup(self, number: str | None = None, *, country: str | None = None) -> Sequence[SmsOutPrice]:
        """What a message to `number`, in E.164 with or without `+`, or to `country`, in two capitals, costs.

        Raises ConfigurationError where neither is given, NotFound where there is no price or no plan.
        """
        if number is None and country is None:
            raise ConfigurationError("lookup needs a number, a country or both")
        return await self._lookup(
            {
                "dst_number": None if number is None else _number(number, "number"),
                "dst_country_iso": _country(country, "country"),
            }
        )


class SmsInPrices(PriceBook[SmsInPrice]):
    """Prices of messages received."""

    async def lookup(self, **filters: str) -> Sequence[SmsInPrice]:
        """The prices that match. The filters are not published: they go as they are given, `name` as
        `filter[name]`, and the service says which it does not take (BadRequest)."""
        return await self._lookup(filters)


class Prices:
    """`didww.prices`: one book of prices for each kind of traffic. From API 2026-11-19 on."""

    def __init__(self, transport: Transport, version: str) -> None:
        self.voice_in: VoiceInPrices = VoiceInPrices(transport, version, "voice_in", VoiceInPrice)
        self.voice_out: VoiceOutPrices = VoiceOutPrices(transport, version, "voice_out", VoiceOutPrice)
        self.sms_out_a2p: SmsOutPrices = SmsOutPrices(transport, version, "sms", SmsOutPrice, "/sms_out/a2p")
        self.sms_out_p2p: SmsOutPrices = SmsOutPrices(transport, version, "sms", SmsOutPrice, "/sms_out/p2p")
        self.sms_out_otp: SmsOutPrices = SmsOutPrices(transport, version, "sms", SmsOutPrice, "/sms_out/otp")
        self.sms_in: SmsInPrices = SmsInPrices(transport, version, "sms", SmsInPrice, "/sms_in")


class _Resource(msgspec.Struct):
    id: str
    attributes: dict[str, Any]


class _Document(msgspec.Struct):
    data: list[_Resource]


def _number(value: str, what: str) -> str:
    digits = Digits()(value, what)
    if not _NUMBER.fullmatch(digits):
        raise ConfigurationError(
            f"{what} must be an international number of 8 to 15 digits, such as '+37260123456'; got {value!r}"
        )
    return digits


def _country(value: str | None, what: str) -> str | None:
    if value is not None and not _COUNTRY.fullmatch(value):
        raise ConfigurationError(f"{what} must be a country in two capital letters, such as 'EE'; got {value!r}")
    return value


def _price_file(headers: Mapping[str, str]) -> PriceFile:
    length = headers.get("content-length", "")
    try:
        modified = parsedate_to_datetime(headers.get("last-modified", ""))
    except ValueError:
        modified = None
    return PriceFile(
        None if modified is None else modified.replace(tzinfo=modified.tzinfo or UTC),
        int(length) if length.isdecimal() else None,
    )


async def _write(answer: StreamedAnswer, part: Path, threads: Threads) -> None:
    file = await threads.run(part.open, "wb")
    try:
        async for chunk in answer.chunks():
            await threads.run(file.write, chunk)
    finally:
        await threads.run(file.close)
