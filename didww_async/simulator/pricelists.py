"""The price books of the simulator: what can be asked of each, how its rows are matched, and a small plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

__all__ = ["BOOKS", "COUNTRIES", "Book", "Row"]

Row = Mapping[str, Any]
"""The attributes of one price, by the names of the API."""

Match = Callable[[Sequence[Row], Mapping[str, str]], list[Row]]

COUNTRIES: Final = {
    "DE": "Germany",
    "EE": "Estonia",
    "FR": "France",
    "GB": "United Kingdom",
    "US": "United States",
}

_NUMBER: Final = "[1-9][0-9]{7,14}"
_ISO: Final = "[A-Z]{2}"


@attrs.frozen
class Book:
    """One kind of price.

    `service` is the host, `path` what stands before the API's paths there. `filters` are those of the lookup
    with the form of their values, and one of `one_of` must be given. `columns` of the file map header to attribute.
    """

    name: str
    service: str
    path: str
    audience: str
    file: str
    filters: Mapping[str, str]
    one_of: frozenset[str]
    columns: Mapping[str, str]
    match: Match
    rows: Sequence[Row]


def _longest(rows: Sequence[Row], prefix: str, number: str, group: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    """Of each group the row with the longest prefix of the number; rows of a source country before others."""
    best: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if number.startswith(row[prefix] or ""):
            key = tuple(row[name] for name in group)
            if key not in best or _rank(row, prefix) > _rank(best[key], prefix):
                best[key] = row
    return best


def _rank(row: Row, prefix: str) -> tuple[bool, int]:
    return row.get("src_country_name") is not None, len(row[prefix] or "")


def _match_voice_in(rows: Sequence[Row], filters: Mapping[str, str]) -> list[Row]:
    source = COUNTRIES.get(filters.get("src_country_iso", ""))
    open_to = [row for row in rows if row["src_country_name"] in (None, source)]
    return list(_longest(open_to, "destination", filters["number"], ("source_type", "country")).values())


def _match_voice_out(rows: Sequence[Row], filters: Mapping[str, str]) -> list[Row]:
    return list(_longest(rows, "prefix", filters["number"], ("category",)).values())


def _match_sms(*group: str) -> Match:
    def match(rows: Sequence[Row], filters: Mapping[str, str]) -> list[Row]:
        country = COUNTRIES.get(filters.get("dst_country_iso", ""))
        there = [row for row in rows if country in (None, row["country"])]
        if "dst_number" not in filters:
            return there
        return list(_longest(there, "destination_prefix", filters["dst_number"], group).values())

    return match


def _voice_in(destination: str, country: str, source_type: str, rate: str | None, *, source: str | None = None) -> Row:
    return {
        "destination": destination,
        "country": country,
        "src_country_name": source,
        "source_type": source_type,
        "rate": rate,
        "connection_fee": None if rate is None else "0.0",
        "initial_interval": 60,
        "next_interval": 1,
        "reject_calls": rate is None,
    }


def _voice_out(category: str, country: str, network: str | None, prefix: str, rate: str | None) -> Row:
    return {
        "category": category,
        "country": country,
        "network": network,
        "prefix": prefix,
        "rate": rate,
        "connection_fee": None if rate is None else "0.005",
        "initial_increment": 1,
        "recurring_increment": 1,
        "reject_calls": rate is None,
        "next_rate": "0.02",
        "effective_at": "2027-01-01T00:00:00.000Z",
        "comment": None,
    }


def _sms_out(prefix: str, country: str, mcc: int, mnc: int | None, network: str | None, price: str | None) -> Row:
    return {
        "source_prefix": None,
        "destination_prefix": prefix,
        "country": country,
        "mcc": mcc,
        "mcc_name": country,
        "mnc": mnc,
        "mnc_name": network,
        "reject_sms": price is None,
        "price": price,
    }


def _sms_in(prefix: str, country: str, price: str) -> Row:
    return {
        "source_prefix": None,
        "source_number_length_min": 1,
        "source_number_length_max": 20,
        "destination_prefix": prefix,
        "destination_number_length_min": 8,
        "destination_number_length_max": 15,
        "country": country,
        "price": price,
    }


def _titled(row: Row, **other: str) -> Mapping[str, str]:
    """Header to attribute, the header made of the attribute's name but for `other`."""
    return {other.get(name, name.replace("_", " ").capitalize()): name for name in row}


_VOICE_IN: Final = (
    _voice_in("3726", "Estonia", "fixed", "0.002"),
    _voice_in("3726", "Estonia", "cellular", "0.015"),
    _voice_in("37", "Estonia", "cellular", "0.02", source="Germany"),
    _voice_in("37260", "Estonia", "fixed", "0.0025"),
    _voice_in("372900", "Estonia", "fixed", None),
    _voice_in("1212", "United States", "fixed", "0.0"),
    _voice_in("44", "United Kingdom", "fixed", "1.5", source="France"),
)
_VOICE_OUT: Final = (
    _voice_out("International", "Estonia", None, "372", "0.01"),
    _voice_out("International", "Estonia", "Telia, mobile", "3725", "0.19"),
    _voice_out("Origin based", "Estonia", None, "372", "0.0075"),
    _voice_out("Local", "Germany", None, "49", "0.004"),
    _voice_out("International", "United States", None, "1900", None),
)
_SMS_OUT: Final = (
    _sms_out("3725", "Estonia", 248, 1, "Telia", "0.051"),
    _sms_out("3725", "Estonia", 248, 2, "Elisa", "0.06"),
    _sms_out("49", "Germany", 262, None, None, None),
)
_SMS_IN: Final = (_sms_in("3725", "Estonia", "0.0"), _sms_in("1", "United States", "0.004"))

_SMS_FILTERS: Final = {"dst_number": _NUMBER, "dst_country_iso": _ISO}

BOOKS: Final = (
    Book(
        name="voice_in",
        service="voice_in",
        path="",
        audience="api-vin.didww.com",
        file="voice_in_prices.csv.gz",
        filters={"number": _NUMBER, "src_country_iso": _ISO},
        one_of=frozenset({"number"}),
        columns={
            "Country": "country",
            "Src country name": "src_country_name",
            "Source type": "source_type",
            "Destination": "destination",
            "Rate": "rate",
            "Connection fee": "connection_fee",
            "Initial interval": "initial_interval",
            "Next interval": "next_interval",
            "Reject calls": "reject_calls",
        },
        match=_match_voice_in,
        rows=_VOICE_IN,
    ),
    Book(
        name="voice_out",
        service="voice_out",
        path="",
        audience="api-vout.didww.com",
        file="voice_out_prices.csv.gz",
        filters={"number": _NUMBER},
        one_of=frozenset({"number"}),
        columns=_titled(_VOICE_OUT[0]),
        match=_match_voice_out,
        rows=_VOICE_OUT,
    ),
    *(
        Book(
            name=f"sms_out/{kind}",
            service="sms",
            path=f"/sms_out/{kind}",
            audience="api-sms.didww.com",
            file=f"sms_out_{kind}_prices.csv.gz",
            filters=_SMS_FILTERS,
            one_of=frozenset(_SMS_FILTERS),
            columns=_titled(_SMS_OUT[0], mcc="MCC", mcc_name="MCC name", mnc="MNC", mnc_name="MNC name"),
            match=_match_sms("mcc", "mnc"),
            rows=_SMS_OUT,
        )
        for kind in ("a2p", "p2p", "otp")
    ),
    Book(
        name="sms_in",
        service="sms",
        path="/sms_in",
        audience="api-sms.didww.com",
        file="sms_in_prices.csv.gz",
        filters=_SMS_FILTERS,
        one_of=frozenset(_SMS_FILTERS),
        columns=_titled(_SMS_IN[0]),
        match=_match_sms("country"),
        rows=_SMS_IN,
    ),
)
