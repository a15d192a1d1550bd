"""Rows are typed, read by header name, in both ways of quoting; a malformed one is named and never dropped."""

from __future__ import annotations

import csv
import io
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.cdr.columns import KINDS, InboundCall, OutboundCall, column_name, kind_of
from didww_async.cdr.rows import read_batches
from didww_async.errors import ConfigurationError, CorruptDownload, RowError

from .fake import INBOUND, OUTBOUND

IN, OUT = kind_of("in"), kind_of("out")
OF_2017 = (
    "Date/Time (UTC),Source,DID,Destination,Duration (secs),Disconnect Initiator,Disconnect Code,Response,"
    "TollFree Amount (USD),Termination Amount (USD),Metered Channels Amount (USD),Customer ID,Sell Amount (Points)"
)
OF_2018 = OF_2017.replace("Date/Time (UTC)", "Date/Time Start (UTC),Date/Time Connect (UTC),Date/Time End (UTC)")
OF_2026_11 = INBOUND.replace(
    "Source,Source Name", "Source Number,Source Number Out,Source Name,Source Country,Source Network"
)
SHORT = "Date/Time Start (UTC),Status,Source,Duration (sec),Total (USD)"


def rows_of(text: str | bytes, kind: Any = IN, block: int = 1 << 15) -> list[Any]:
    content = text if isinstance(text, bytes) else text.encode()
    return [row for batch in read_batches([content], kind, file="x.csv", block=block) for row in batch.rows()]


def sorted_out(text: str | bytes, block: int = 1 << 15) -> tuple[list[Any], list[RowError]]:
    content = text if isinstance(text, bytes) else text.encode()
    refused: list[RowError] = []
    batches = read_batches([content], IN, file="x.csv", reject=refused.append, block=block)
    return [row for batch in batches for row in batch.rows()], refused


def test_the_vendors_inbound_sample_of_2026_04_16_is_read() -> None:
    first, second, third = rows_of(
        f"{INBOUND}\r\n"
        "2026-03-01 01:11:42,2026-03-01 01:11:43,2026-03-01 01:12:40,Completed,4,John Smith,97286259404,57,1,200,Bye,"
        "Origination,SIP Trunk,sip:test@example.com,Trunk Group A,Shared Cap A,0.000,0.003,0.000,0.000,0.003,abc123\r\n"
        '2026-03-02 08:50:47,2026-03-02 08:50:48,2026-03-02 08:51:42,Completed,"","",97286259413,54,1,200,Bye,'
        "Origination,SIP Trunk,iax:324@34234234,Trunk Group B,,0.000,0.003,0.000,0.000,0.003,def456\r\n"
        '2026-03-03 14:23:25,"","",Failed,4,"",97286259407,0,1,404,Not Found,Origination,SIP Trunk,'
        "sip:fail@example.com,Trunk Group A,,0.000,0.000,0.000,0.000,0.000,"
    )
    assert first == InboundCall(
        started_at=datetime(2026, 3, 1, 1, 11, 42, tzinfo=UTC),
        connected_at=datetime(2026, 3, 1, 1, 11, 43, tzinfo=UTC),
        ended_at=datetime(2026, 3, 1, 1, 12, 40, tzinfo=UTC),
        status="Completed",
        source="4",
        source_name="John Smith",
        did_number="97286259404",
        destination="sip:test@example.com",
        duration=57,
        attempt=1,
        disconnect_code="200",
        response="Bye",
        disconnect_initiator="Origination",
        trunk="SIP Trunk",
        trunk_group="Trunk Group A",
        capacity_group="Shared Cap A",
        toll_free=Decimal("0.000"),
        pstn=Decimal("0.003"),
        metered=Decimal("0.000"),
        cnam_in=Decimal("0.000"),
        total=Decimal("0.003"),
        call_id="abc123",
    )
    assert second.source == ""
    assert (third.connected_at, third.ended_at, third.duration, third.call_id) == (None, None, 0, "")


def test_the_vendors_outbound_sample_mixes_both_ways_of_quoting() -> None:
    plain, quoted = rows_of(
        f"{OUTBOUND}\r\n"
        "2026-03-02 11:30:00,2026-03-02 11:30:02,2026-03-02 11:31:02,Completed,14155550100,14155550100,97286259413,"
        "60,60,200,Normal call clearing,Voice OUT Trunk,United States,AT&T,International,0.012,0.012,,call-id-def\r\n"
        '"2026-03-03 09:15:00","","","Failed","49301234567",,"","0",,"486","Busy here","Voice OUT Trunk",,,'
        '"International",,"0",,call-id-ghi',
        OUT,
    )
    assert (plain.charged, plain.network, plain.billed_duration) == (Decimal("0.012"), "AT&T", 60)
    assert quoted == OutboundCall(
        started_at=datetime(2026, 3, 3, 9, 15, tzinfo=UTC),
        status="Failed",
        source="49301234567",
        duration=0,
        disconnect_code="486",
        disconnect_reason="Busy here",
        trunk="Voice OUT Trunk",
        call_type="International",
        charged=Decimal(0),
        call_id="call-id-ghi",
    )


@pytest.mark.parametrize(
    ("header", "unknown"),
    [(header, set[str]()) for header in (OF_2017, OF_2018, INBOUND, OF_2026_11, OUTBOUND)],
)
def test_every_column_of_every_known_version_has_its_field(header: str, unknown: set[str]) -> None:
    names = header.split(",")
    cells = ["2026-10-01 00:00:00" if "Date/Time" in name else "1" for name in names]
    kind = OUT if header == OUTBOUND else IN
    (row,) = rows_of(f"{header}\n{','.join(cells)}\n", kind)
    assert set(row.extra) == unknown
    filled = [getattr(row, column.field) not in ("", None) for column in kind.columns]
    assert sum(filled) == len(names)


def test_a_file_of_2017_is_read_under_the_names_of_today() -> None:
    (row,) = rows_of(
        f"{OF_2017}\n2017-06-17 08:50:47,,97286259413,iax:1@2,54,Origination,200,Bye,0.000,0.001,0.003,7,0.5\n"
    )
    assert (row.did_number, row.duration, row.termination, row.metered) == (
        "97286259413", 54, Decimal("0.001"), Decimal("0.003"),
    )  # fmt: skip
    assert (row.customer_id, row.sell_amount, row.status, row.total) == ("7", Decimal("0.5"), "", None)


def test_columns_in_another_order_are_read_by_name() -> None:
    (row,) = rows_of("Total (USD),Source,Date/Time Start (UTC)\n1.5,49,2026-10-01 00:00:00\n")
    assert (row.total, row.source) == (Decimal("1.5"), "49")


def test_unknown_columns_are_kept_under_their_header() -> None:
    (row,) = rows_of("Date/Time Start (UTC),New One,Status,New One\n2026-10-01 00:00:00,a,b,c\n")
    assert row.extra == {"New One": "a", "New One_4": "c"}


def test_a_row_can_be_pickled_and_is_frozen() -> None:
    (row,) = rows_of(f"{SHORT}\n2026-10-01 00:00:00,,,,\n")
    assert pickle.loads(pickle.dumps(row)) == row
    with pytest.raises(AttributeError):
        row.status = "other"


@pytest.mark.parametrize("text", ["", SHORT, f"{SHORT}\r\n", f"\ufeff{SHORT}\n\n"])
def test_a_file_without_rows_gives_none(text: str) -> None:
    assert rows_of(text) == []


@pytest.mark.parametrize("text", ["<html><body>Bad Gateway</body></html>", '{"errors":[]}', "a,b,c\n1,2,3\n"])
def test_a_file_of_another_sort_is_refused(text: str) -> None:
    with pytest.raises(CorruptDownload, match="cdr_in"):
        rows_of(text)


def test_a_line_without_end_is_refused_before_memory_fills() -> None:
    with pytest.raises(CorruptDownload, match="line"):
        list(read_batches((bytes(1 << 16) for _ in range(1000)), IN, file="x"))


GOOD = "2026-10-01 00:00:00,ok,1,5,0.1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-10-01 00:00:00,ok,1,five,0.1", "'Duration \\(sec\\)' is 'five', not a whole number"),
        ("2026-10-01 00:00:00,ok,1,5_0,0.1", "whole number"),
        ("2026-10-01 00:00:00,ok,1,5,0.1.1", "decimal"),
        ("2026-10-01 00:00:00,ok,1,5,NaN", "decimal"),
        ("2026-10-01,ok,1,5,0.1", "a time"),
        ("2026-13-01 00:00:00,ok,1,5,0.1", "a time"),
        (",ok,1,5,0.1", "a time"),
        ("2026-10-01 00:00:00,ok,1,5", "4 cells where the header has 5"),
        ("2026-10-01 00:00:00,ok,1,5,0.1,more", "6 cells"),
        ('2026-10-01 00:00:00,"ok"ay,1,5,0.1', "not CSV"),
        ('2026-10-01 00:00:00,"open,1,5,0.1', "not CSV"),
    ],
)
def test_a_malformed_row_is_named_with_its_line_or_set_aside(line: str, said: str) -> None:
    text = f"{SHORT}\n{GOOD}\n{line}\n{GOOD}\n{GOOD}\n"
    with pytest.raises(RowError, match=said) as caught:
        rows_of(text)
    assert (caught.value.file, caught.value.line) == ("x.csv", 3)
    for block in (1 << 15, 40):
        rows, refused = sorted_out(text, block)
        assert len(rows) == 3
        assert [error.line for error in refused] == [3]
        assert "".join(refused[0].row).replace(",", "") == line.replace(",", "")


def test_a_row_that_is_not_utf_8_is_set_aside_with_its_bytes() -> None:
    rows, refused = sorted_out(f"{SHORT}\n{GOOD}\n".encode() + GOOD.replace("ok", "\xfc").encode("latin-1") + b"\n")
    assert len(rows) == 1
    assert refused[0].row[1] == "\xfc"


cells = st.text(st.sampled_from('ab ,"\n\r\x1fé\u2028'), max_size=6)
lines = st.lists(st.tuples(cells, cells, st.integers(0, 9999)), max_size=30)


@settings(deadline=None, max_examples=80)
@given(lines=lines, block=st.integers(1, 300), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_is_written_as_csv_is_read_back_the_same(
    lines: list[tuple[str, str, int]], block: int, quoting: Any
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting)
    writer.writerow(SHORT.split(","))
    for status, source, duration in lines:
        writer.writerow(["2026-10-01 00:00:00", status, source, duration, "0.1"])
    found = rows_of(text.getvalue(), block=block)
    assert [(row.status, row.source, row.duration) for row in found] == lines


@settings(deadline=None, max_examples=80)
@given(text=st.text(st.sampled_from('a1,"\n\r'), max_size=80), block=st.integers(1, 60))
def test_no_line_of_any_text_is_dropped(text: str, block: int) -> None:
    rows, refused = sorted_out(f"{SHORT}\n{GOOD}\n{text}", block)
    assert rows
    told = "".join("".join(error.row) for error in refused)
    kept = "".join(row.status + row.source for row in rows)
    for mark in "a1":
        assert (told + kept).count(mark) >= text.count(mark)


@pytest.mark.parametrize(
    ("header", "name"),
    [("Source Prefix (new)", "source_prefix_new"), ("  PSTN (USD) ", "pstn_usd"), ("---", "column")],
)
def test_headers_become_names_that_every_table_takes(header: str, name: str) -> None:
    assert column_name(header) == name


def test_kinds_are_known_by_both_names() -> None:
    assert kind_of("cdr_in") is kind_of("in") is KINDS["in"]
    with pytest.raises(ConfigurationError, match="'in', 'out', 'sms_in', 'sms_out'"):
        kind_of("calls")


def test_a_message_file_of_unknown_columns_keeps_them_all() -> None:
    (row,) = rows_of("Time Received,Status,Text\n2026-10-01 00:00:00,Success,hello\n", kind_of("sms_in"))
    assert (row.status, row.extra) == ("Success", {"Text": "hello"})
