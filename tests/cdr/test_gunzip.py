"""A gzip file is inflated whole, in bounded steps, or refused."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from didww_async.cdr import gunzip
from didww_async.cdr.gunzip import STEP, inflate
from didww_async.errors import CorruptDownload

TEXT = b"Date/Time Start (UTC),Status\r\n" + b"2026-10-01 00:00:00,Completed\r\n" * 40


@pytest.fixture(params=["zlib", "installed"], autouse=True)
def inflater(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every promise holds for the standard library and for what is faster."""
    installed = gunzip.deflate
    gunzip.deflate = zlib if request.param == "zlib" else installed
    yield
    gunzip.deflate = installed


def cut_at(content: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in pairwise(bounds)]


members = st.lists(st.binary(max_size=300).flatmap(lambda unit: st.integers(1, 40).map(lambda n: unit * n)), min_size=1)


@settings(deadline=None, max_examples=60)
@given(members=members, places=st.lists(st.integers(min_value=0), max_size=8), step=st.integers(1, 5000))
def test_any_file_in_any_pieces_is_inflated_as_gzip_does_it(members: list[bytes], places: list[int], step: int) -> None:
    assume(not b"".join(members).startswith(gunzip.MAGIC))  # that would be inflated once more
    content = b"".join(map(gzip.compress, members))
    found = list(inflate(cut_at(content, places), file="x", step=step))
    assert b"".join(found) == gzip.decompress(content)
    assert all(0 < len(piece) <= step for piece in found)


def test_a_file_cut_off_anywhere_is_refused() -> None:
    content = gzip.compress(TEXT)
    for end in range(2, len(content)):
        with pytest.raises(CorruptDownload, match=r"x\.csv\.gz"):
            list(inflate([content[:end]], file="x.csv.gz"))


def test_a_second_member_that_is_cut_off_is_refused() -> None:
    first, second = gzip.compress(TEXT), gzip.compress(TEXT)
    for end in range(1, len(second)):
        with pytest.raises(CorruptDownload):
            list(inflate([first + second[:end]], file="x"))


def test_a_wrong_checksum_or_length_is_refused() -> None:
    content = gzip.compress(TEXT)
    for place in range(len(content) - 8, len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        with pytest.raises(CorruptDownload, match="damaged"):
            list(inflate([bytes(damaged)], file="x"))


def test_something_else_behind_the_last_member_is_refused() -> None:
    with pytest.raises(CorruptDownload):
        list(inflate([gzip.compress(TEXT) + b"<html>an error page</html>"], file="x"))


def test_padding_behind_the_last_member_is_passed_over() -> None:
    assert b"".join(inflate([gzip.compress(TEXT) + bytes(600)], file="x")) == TEXT


def test_a_small_file_that_grows_enormous_comes_in_bounded_pieces() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    sizes = [len(piece) for piece in inflate([bomb], file="x")]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= STEP


def test_a_file_that_a_proxy_has_inflated_is_taken_as_it_is() -> None:
    assert b"".join(inflate([TEXT[:1], TEXT[1:]], file="x")) == TEXT


def test_a_file_that_a_proxy_has_compressed_again_is_inflated_twice() -> None:
    assert b"".join(inflate([gzip.compress(gzip.compress(TEXT))], file="x")) == TEXT


def test_nothing_is_inflated_to_nothing() -> None:
    assert list(inflate([], file="x")) == []
