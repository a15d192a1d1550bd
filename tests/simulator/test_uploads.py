"""Encrypted files: keys, fingerprints and what is kept of an upload."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from didww_async.encryption import encrypt

from .conftest import Client, Clock, errors


async def upload(api: Client, content: bytes = b"sealed", **fields: str) -> httpx.Response:
    """Upload a file, for the keys of the moment unless `fields` says otherwise."""
    fields = {"encryption_fingerprint": await api.sim.uploads.fingerprint()} | fields
    data = {f"encrypted_files[{name}]": value for name, value in fields.items()}
    files = {"encrypted_files[file]": ("document.enc", content)}
    return await api.http.post("encrypted_files", data=data, files=files)


async def test_an_upload_is_kept_for_a_day(api: Client, clock: Clock) -> None:
    response = await upload(api, description="passport")
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    made = response.json()["data"]
    assert made["attributes"] == {"description": "passport", "expires_at": "2026-11-25T12:00:00.000Z"}
    assert (await api.data(f"encrypted_files/{made['id']}"))["id"] == made["id"]
    clock.seconds += 24 * 3600
    assert (await api.get(f"encrypted_files/{made['id']}")).status_code == 404


async def test_an_upload_can_be_read_with_either_key(api: Client) -> None:
    keys = [key["attributes"]["key"] for key in await api.data("public_keys")]
    made = (await upload(api, encrypt(b"a secret\r\n--document", keys))).json()["data"]
    assert [api.sim.uploads.decrypt(made["id"], key) for key in (0, 1)] == [b"a secret\r\n--document"] * 2


async def test_an_upload_for_keys_that_were_replaced_is_refused(api: Client) -> None:
    old = await api.sim.uploads.fingerprint()
    before = await api.data("public_keys")
    api.sim.uploads.rotate()
    assert errors(await upload(api, encryption_fingerprint=old), 422) == [("100", "outdated fingerprint", "/data")]
    assert await api.data("public_keys") != before
    assert (await upload(api)).status_code == 201


async def test_an_empty_file_is_refused(api: Client) -> None:
    detail = ("100", "file - can't be blank", "/data/attributes/file")
    assert errors(await upload(api, b""), 422) == [detail]


async def test_a_file_over_the_limit_is_refused(api: Client) -> None:
    assert errors(await upload(api, bytes(20 * 1024 * 1024 + 1)), 422)[0][2] == "/data/attributes/file"


@pytest.mark.parametrize(
    "request_",
    [
        {"data": {"encrypted_files[file]": "x"}},
        {"json": {"data": {"type": "encrypted_files"}}},
        {"files": {"file": b"x"}},
        {"files": {"encrypted_files[unknown]": b"x"}},
    ],
)
async def test_what_is_no_upload_is_refused(api: Client, request_: dict[str, Any]) -> None:
    response = await api.http.post("encrypted_files", **request_)
    assert errors(response, 400) == [("400", "invalid params", None)]
