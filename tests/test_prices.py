"""Prices are looked up and their files read into typed rows, against the simulated services."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from didww_async.credentials import AccessTokens
from didww_async.environments import services_of
from didww_async.errors import (
    BadRequest,
    ConfigurationError,
    CorruptDownload,
    NotFound,
    NotInVersion,
    ProtocolError,
    RowError,
    ServerError,
    TransportError,
)
from didww_async.limiter import limiter_for
from didww_async.prices import PriceFile, Prices, VoiceInPrices
from didww_async.records.prices import (
    SmsInPrice,
    SmsOutPrice,
    VoiceInPrice,
    VoiceOutPrice,
    read_price,
    read_price_file,
)
from didww_async.retry import RetryPolicy
from didww_async.simulator.prices import PricesService
from didww_async.simulator.tokens import TokenService
from didww_async.transport import Timeouts, Transport

PUBLISHED = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = (
    "Country,Src country name,Source type,Destination,Rate,Connection fee,Initial interval,Next interval,Reject calls"
)


class Services(httpx.AsyncBaseTransport):
    """The simulated services, through a network that can be told to answer otherwise."""

    def __init__(self, limit: int = 100) -> None:
        self.now = 1000.0
        self.tokens = TokenService(keys={"a-key"}, clock=self.clock)
        self.prices = PricesService(clock=self.clock, tokens=self.tokens, limit=limit, window=5.0)
        self.meanwhile: Callable[[], None] = lambda: None
        self.requests: list[httpx.Request] = []
        self.instead: list[Callable[[httpx.Response], httpx.Response]] = []
        self._app = httpx.ASGITransport(Starlette(routes=[*self.tokens.routes, *self.prices.routes]))

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.meanwhile()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._app.handle_async_request(request)
        if request.url.path == "/token":
            return response
        self.requests.append(request)
        return self.instead.pop(0)(response) if self.instead else response

    def transport(self) -> Transport:
        return Transport(
            services=services_of("sandbox", "http://127.0.0.1/v3"),
            credentials=AccessTokens("a-key", api_version="2026-11-19", scope="read", clock=self.clock),
            limiter=limiter_for("prices", 20.0),
            retry=RetryPolicy(),
            timeout=Timeouts(),
            api_version="2026-11-19",
            transport=self,
            clock=self.clock,
            sleep=self.sleep,
        )


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
async def prices(services: Services) -> AsyncIterator[Prices]:
    transport = services.transport()
    await transport.open()
    yield Prices(transport, "2026-11-19")
    await transport.aclose()


async def test_an_inbound_price_is_typed_to_the_edge(prices: Prices) -> None:
    fixed, cellular = await prices.voice_in.lookup("+372 6012 3456")

    assert isinstance(fixed, VoiceInPrice)
    assert isinstance(fixed.rate, Decimal)
    assert fixed == VoiceInPrice(
        id=fixed.id,
        destination="37260",
        country="Estonia",
        src_country_name=None,
        source_type="fixed",
        rate=Decimal("0.0025"),
        connection_fee=Decimal(0),
        initial_interval=60,
        next_interval=1,
        reject_calls=False,
    )
    assert len(fixed.id) == 36
    assert cellular.source_type == "cellular"
    assert fixed.extra == {}


async def test_a_source_country_narrows_the_lookup(prices: Prices, services: Services) -> None:
    _, cellular = await prices.voice_in.lookup("37260123456", source_country="DE")

    assert (cellular.destination, cellular.src_country_name) == ("37", "Germany")
    assert dict(services.requests[-1].url.params) == {
        "filter[number]": "37260123456",
        "filter[src_country_iso]": "DE",
    }


async def test_an_outbound_price_keeps_what_is_not_published(prices: Prices) -> None:
    found = await prices.voice_out.lookup("3725551234")

    assert [(one.category, one.prefix, one.rate) for one in found] == [
        ("International", "3725", Decimal("0.19")),
        ("Origin based", "372", Decimal("0.0075")),
    ]
    assert found[0].network == "Telia, mobile"
    assert found[0].extra == {"next_rate": "0.02", "effective_at": "2027-01-01T00:00:00.000Z"}


async def test_a_rejecting_plan_has_no_rate(prices: Prices) -> None:
    (premium,) = await prices.voice_out.lookup("19005550100")

    assert (premium.reject_calls, premium.rate, premium.connection_fee) == (True, None, None)


async def test_messages_are_priced_by_number_or_country(prices: Prices) -> None:
    for book in (prices.sms_out_a2p, prices.sms_out_p2p, prices.sms_out_otp):
        telia, elisa = await book.lookup("+37255512345")
        assert isinstance(telia, SmsOutPrice)
        assert (telia.mcc, telia.mnc, telia.mnc_name, telia.price) == (248, 1, "Telia", Decimal("0.051"))
        assert elisa.mnc == 2
        (germany,) = await book.lookup(country="DE")
        assert (germany.reject_sms, germany.price, germany.mnc) == (True, None, None)
    (incoming,) = await prices.sms_in.lookup(dst_number="37255512345")
    assert isinstance(incoming, SmsInPrice)
    assert (incoming.price, incoming.destination_number_length_max) == (Decimal(0), 15)
    with pytest.raises(BadRequest, match="sender is not allowed"):
        await prices.sms_in.lookup(sender="1")


async def test_what_cannot_be_asked_is_refused_before_anything_is_sent(prices: Prices, services: Services) -> None:
    for number in ("", "+", "1234567", "0123456789", "1" * 16, "+372 CALL ME"):
        with pytest.raises(ConfigurationError, match="number"):
            await prices.voice_in.lookup(number)
        with pytest.raises(ConfigurationError, match="number"):
            await prices.voice_out.lookup(number)
    for country in ("ee", "EST", "", "E1"):
        with pytest.raises(ConfigurationError, match="two capital letters"):
            await prices.voice_in.lookup("37260123456", source_country=country)
    with pytest.raises(ConfigurationError, match="a number, a country or both"):
        await prices.sms_out_a2p.lookup()
    with pytest.raises(ConfigurationError, match="aware datetime"):
        await prices.voice_in.head(modified_since=datetime(2026, 11, 1))  # noqa: DTZ001 - what is refused
    assert services.requests == []


async def test_no_price_and_no_plan_are_told_apart_by_their_codes(prices: Prices, services: Services) -> None:
    with pytest.raises(NotFound) as nowhere:
        await prices.voice_in.lookup("99912345678")
    services.prices.plans["voice_in"].assigned = False
    with pytest.raises(NotFound) as unassigned:
        await prices.voice_in.lookup("37260123456")

    assert nowhere.value.codes == {"price_not_found"}
    assert unassigned.value.codes == {"price_plan_not_assigned"}


async def test_each_service_is_asked_with_a_token_of_its_own(prices: Prices, services: Services) -> None:
    await prices.voice_in.lookup("37260123456")
    await prices.voice_in.head()
    await prices.voice_out.lookup("37260123456")
    await prices.sms_in.head()

    assert services.tokens.minted == 3
    assert len({request.headers["authorization"] for request in services.requests}) == 3
    assert not any("api-key" in request.headers for request in services.requests)


async def test_a_token_that_expired_is_renewed_for_lookups_and_files(prices: Prices, services: Services) -> None:
    await prices.voice_in.lookup("37260123456")
    services.tokens.expire_all()
    async with prices.voice_in.open() as table:
        assert table is not None
    services.tokens.expire_all()
    await prices.voice_in.lookup("37260123456")

    assert services.tokens.minted == 3


async def test_the_head_of_a_file_says_when_it_changed_and_how_large_it_is(prices: Prices, services: Services) -> None:
    file = await prices.voice_in.head()
    async with prices.voice_in.open() as table:
        assert table is not None

    assert file is not None
    assert file.modified == PUBLISHED
    assert file.size == table.size
    assert services.requests[0].method == "HEAD"


async def test_a_file_is_read_into_typed_rows(prices: Prices) -> None:
    async with prices.voice_in.open() as table:
        assert table is not None
        rows = [price async for price in table]
        again = [price async for price in table]

    assert table.modified == PUBLISHED
    assert rows == again
    assert len(rows) == 7
    assert rows[0] == VoiceInPrice(
        destination="3726",
        country="Estonia",
        src_country_name=None,
        source_type="fixed",
        rate=Decimal("0.002"),
        connection_fee=Decimal(0),
        initial_interval=60,
        next_interval=1,
        reject_calls=False,
    )
    assert [row.destination for row in rows if row.reject_calls] == ["372900"]


async def test_every_book_has_a_file_of_its_own_type(prices: Prices) -> None:
    async with prices.voice_out.open() as outbound, prices.sms_out_otp.open() as sent, prices.sms_in.open() as got:
        assert outbound is not None
        assert sent is not None
        assert got is not None
        calls = [price async for price in outbound]
        messages = [price async for price in sent]
        received = [price async for price in got]

    assert calls[1].network == "Telia, mobile"
    assert calls[0].extra == {"next_rate": "0.02", "effective_at": "2027-01-01T00:00:00.000Z"}
    assert messages[0].mnc_name == "Telia"
    assert received[1] == SmsInPrice(
        source_number_length_min=1,
        source_number_length_max=20,
        destination_prefix="1",
        destination_number_length_min=8,
        destination_number_length_max=15,
        country="United States",
        price=Decimal("0.004"),
    )


async def test_a_file_that_has_not_changed_is_not_fetched_again(
    prices: Prices, services: Services, tmp_path: Path
) -> None:
    book = prices.voice_in
    async with book.open() as table:
        assert table is not None
        seen = table.modified
    assert seen is not None
    elsewhere = seen.astimezone(timezone(timedelta(hours=2)))

    assert await book.head(modified_since=elsewhere) is None
    assert await book.download(tmp_path / "prices.csv.gz", modified_since=elsewhere) is None
    async with book.open(modified_since=elsewhere) as table:
        assert table is None
    assert listed(tmp_path) == []
    assert services.requests[-1].headers["if-modified-since"] == "Sun, 01 Nov 2026 00:00:00 GMT"

    plan = services.prices.plans["voice_in"]
    plan.publish(plan.rows[:1])
    async with book.open(modified_since=elsewhere) as table:
        assert table is not None
        assert len([price async for price in table]) == 1
    assert table.modified == seen + timedelta(hours=1)


async def test_a_file_is_saved_as_it_comes_and_replaces_the_one_before(
    prices: Prices, services: Services, tmp_path: Path
) -> None:
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(b"what was there before")

    file = await prices.voice_in.download(path)

    assert file == PriceFile(PUBLISHED, path.stat().st_size)
    assert gzip.decompress(path.read_bytes()).decode().startswith(HEADER)
    assert listed(tmp_path) == ["prices.csv.gz"]


async def test_a_file_that_is_cut_off_is_fetched_anew_and_nothing_broken_is_left(
    prices: Prices, services: Services, tmp_path: Path
) -> None:
    def cut(response: httpx.Response) -> httpx.Response:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        stream = response.stream

        async def half() -> AsyncIterator[bytes]:
            async for chunk in stream:
                yield chunk[: len(chunk) // 2]

        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return httpx.Response(200, headers=headers, content=half())

    path = tmp_path / "prices.csv.gz"
    services.instead = [cut, cut]

    assert await prices.voice_in.download(path) is not None
    assert len(services.requests) == 3
    assert len(gzip.decompress(path.read_bytes()).splitlines()) == 8

    path.write_bytes(b"good")
    services.instead = [cut] * 3
    with pytest.raises(CorruptDownload, match=r"prices\.csv\.gz"):
        await prices.voice_in.download(path)
    assert path.read_bytes() == b"good"
    assert listed(tmp_path) == ["prices.csv.gz"]


async def test_a_connection_that_breaks_in_the_middle_is_a_transport_error_after_three_attempts(
    prices: Prices, services: Services
) -> None:
    def break_off(response: httpx.Response) -> httpx.Response:
        async def some() -> AsyncIterator[bytes]:
            yield b"\x1f\x8b"
            raise httpx.ReadError("reset by peer")

        return httpx.Response(200, headers=dict(response.headers), content=some())

    services.instead = [break_off] * 3

    with pytest.raises(TransportError):
        async with prices.voice_in.open():
            pytest.fail("there is nothing to read")
    assert len(services.requests) == 3


async def test_a_file_that_is_not_generated_yet_is_waited_for_as_long_as_the_service_says(
    prices: Prices, services: Services
) -> None:
    plan = services.prices.plans["voice_in"]
    plan.generated = False
    services.meanwhile = lambda: setattr(plan, "generated", True)

    async with prices.voice_in.open() as table:
        assert table is not None

    assert services.now >= 1030
    assert [request.method for request in services.requests] == ["GET", "GET"]


async def test_a_file_that_is_never_generated_is_an_error_that_says_when_to_come_back(
    prices: Prices, services: Services
) -> None:
    services.prices.plans["voice_in"].generated = False

    with pytest.raises(ServerError) as missing:
        async with prices.voice_in.open():
            pytest.fail("there is nothing to read")

    assert missing.value.codes == {"serving_failure"}
    assert missing.value.retry_after == 30


async def test_a_spent_budget_is_waited_for() -> None:
    services = Services(limit=1)
    transport = services.transport()
    await transport.open()
    prices = Prices(transport, "2026-11-19")

    await prices.voice_in.lookup("37260123456")
    await prices.voice_in.lookup("37260123456")
    await transport.aclose()

    assert services.prices.refused >= 1
    assert services.now >= 1005


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"data": {}}',
        b'{"data": [{"type": "prices"}]}',
        b'{"data": [{"id": "1", "type": "prices", "attributes": {"rate": "a lot"}}]}',
    ],
)
async def test_an_answer_that_is_no_list_of_prices_is_a_protocol_error(
    prices: Prices, services: Services, body: bytes
) -> None:
    services.instead = [lambda _: httpx.Response(200, content=body)] * 5

    with pytest.raises(ProtocolError):
        await prices.voice_in.lookup("37260123456")


async def test_the_older_version_has_no_prices() -> None:
    book = Prices(Services().transport(), "2026-04-16").voice_in

    for call in (book.lookup("37260123456"), book.head(), book.download("never.csv.gz"), _opened(book)):
        with pytest.raises(NotInVersion, match="2026-11-19"):
            await call


async def _opened(book: VoiceInPrices) -> None:
    async with book.open():
        pytest.fail("there is nothing to read")


async def test_the_event_loop_turns_while_many_rows_are_read(prices: Prices, services: Services) -> None:
    plan = services.prices.plans["voice_in"]
    plan.publish([dict(plan.rows[0]) | {"destination": str(number)} for number in range(10_000)])
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with prices.voice_in.open() as table:
        assert table is not None
        turning = asyncio.create_task(turn())
        largest, count = 0, 0
        async for batch in table.batches():
            largest, count = max(largest, len(batch)), count + len(batch)
        turning.cancel()

    assert count == 10_000
    assert largest <= 500
    assert turns >= count / largest


def listed(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def gzipped(*lines: str) -> list[bytes]:
    return [gzip.compress("".join(f"{line}\n" for line in lines).encode())]


def read(lines: Sequence[str]) -> list[VoiceInPrice]:
    chunks = gzipped(*lines)
    return [price for batch in read_price_file(chunks, VoiceInPrice, file="f.gz") for price in batch]


def test_columns_are_found_by_name_and_unknown_ones_are_kept() -> None:
    header = "Next rate,Rate,Destination,SOURCE TYPE,Country,Src country name,Connection fee"
    header += ",Initial interval,Next interval,Reject calls"

    (price,) = read([header, '0.5,0.25,1,"fixed, or so",,,0.0,1,6,No'])

    assert (price.rate, price.destination, price.source_type) == (Decimal("0.25"), "1", "fixed, or so")
    assert (price.country, price.src_country_name, price.reject_calls) == (None, None, False)
    assert price.extra == {"next_rate": "0.5"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("EE,,fixed,1,free,0.0,1,1,false", "'rate' is 'free'"),
        ("EE,,fixed,1,NaN,0.0,1,1,false", "'rate' is 'NaN'"),
        ("EE,,fixed,1,0.1,0.0,soon,1,false", "'initial_interval' is 'soon'"),
        ("EE,,fixed,1,0.1,0.0,,1,false", "'initial_interval' is ''"),
        ("EE,,fixed,1,0.1,0.0,1,1,perhaps", "'reject_calls' is 'perhaps'"),
        ("EE,,fixed,1", "4 cells where the header has 9"),
        ('EE,,"fixed"x,1,0.1,0.0,1,1,false', "not CSV"),
    ],
)
def test_a_line_that_cannot_be_read_is_an_error_with_its_place(line: str, why: str) -> None:
    good = "EE,,fixed,1,0.1,0.0,1,1,false"

    with pytest.raises(RowError, match=why) as failed:
        read([HEADER, good, line, good])

    assert (failed.value.file, failed.value.line) == ("f.gz", 3)


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        gzipped(),
        gzipped("<html><body>busy</body></html>"),
        gzipped(HEADER.replace("Rate,", "")),
        gzipped(HEADER + ",Rate"),
        [gzip.compress(b"\xff\xfe\xfd")],
        [gzipped(HEADER)[0][:-3]],
    ],
    ids=["nothing", "no line", "a page", "no rate", "two rates", "not UTF-8", "cut off"],
)
def test_what_is_no_price_file_is_a_corrupt_download(chunks: list[bytes]) -> None:
    with pytest.raises(CorruptDownload, match=r"f\.gz"):
        list(read_price_file(chunks, VoiceInPrice, file="f.gz"))


def test_a_plan_without_prices_is_a_file_without_rows() -> None:
    assert read([HEADER]) == []


_words = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00", exclude_categories=["Cs"]), min_size=1)
_money = st.decimals(0, 1000, allow_nan=False, places=6)


@settings(deadline=None)
@given(
    st.lists(st.tuples(_words, st.none() | _money, st.integers(0, 10**6), st.booleans()), max_size=20),
    st.integers(1, 400),
)
def test_whatever_a_file_says_is_read_however_it_is_cut_into_chunks(
    rows: list[tuple[str, Decimal | None, int, bool]], size: int
) -> None:
    lines = [HEADER]
    for word, rate, interval, rejects in rows:
        cell = '"' + word.replace('"', '""') + '"'
        lines.append(f"{cell},,{cell},1,{'' if rate is None else rate},0.0,{interval},1,{str(rejects).lower()}")
    content = gzipped(*lines)[0]
    chunks = [content[start : start + size] for start in range(0, len(content), size)]

    found = [one for batch in read_price_file(chunks, VoiceInPrice, file="f.gz") for one in batch]

    assert [(one.source_type, one.rate, one.initial_interval, one.reject_calls) for one in found] == rows


def test_a_member_that_is_missing_or_mistyped_is_named() -> None:
    with pytest.raises(ValueError, match="no 'category'"):
        read_price(VoiceOutPrice, {})
    with pytest.raises(ValueError, match="'mcc' is True"):
        read_price(SmsOutPrice, {"mcc": True})
    with pytest.raises(ValueError, match="'country' is 5"):
        read_price(SmsInPrice, {"country": 5})
