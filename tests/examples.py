"""The vendor's 279 exchanges, with what is mended in them and what is expected to differ, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from .described import shared

__all__ = [
    "EXAMPLES",
    "PUBLIC_KEYS",
    "REFUSED",
    "UNKNOWN",
    "Example",
    "name_of",
    "path_of",
    "query_of",
    "segments_of",
]

SHARED = Path(__file__).resolve().parents[2] / "shared" / "api" / "examples-2026-04-16.json"
Example = Mapping[str, Any]


def path_of(example: Example) -> str:
    """The path below /v3."""
    return str(urlsplit(str(example["url"])).path[4:])


def query_of(example: Example) -> str:
    return str(urlsplit(str(example["url"])).query)


MENDED = {
    # Ids that are placeholders or were cut short: the client takes whole UUIDs only, as the API does.
    "/:id": "/5265f3a0-0446-46f1-ae1a-f09946e80aaa",
    '5265f3a0-0446-46f1-ae1a-f09946e80"': '5265f3a0-0446-46f1-ae1a-f09946e80aaa"',
    '4e057223-2a0a-4707-8b35-4e6ef96c9dd"': '4e057223-2a0a-4707-8b35-4e6ef96c9ddd"',
    'dd13cdb2-48ab-4374-94b3-56e162a659"': 'dd13cdb2-48ab-4374-94b3-56e162a65999"',
    "ID_of_requirements": "a78bb6d8-b05e-4e12-afe6-ad84ac979088",
    "ID_of_Address": "b78bb6d8-b05e-4e12-afe6-ad84ac979088",
    "ID_of_Identity": "c78bb6d8-b05e-4e12-afe6-ad84ac979088",
    "country_id_string": "d78bb6d8-b05e-4e12-afe6-ad84ac979088",
    # Numbers and dates that are placeholders.
    "1xxxxxxxxx": "12025550100",
    "7xxxxxxxx": "79005550100",
    '"phone_number": "string"': '"phone_number": "3531905266"',
    '"phone_number": "353-1-9015266"': '"phone_number": "35319015266"',
    '"birth_date": "string"': '"birth_date": "2000-01-01"',
    # The value that this filter had before 2026-04-16.
    "filter[status]=Rejected": "filter[status]=rejected",
}
REFUSED = {
    "type - is not allowed for creation": "authentication_method' must be CredentialsAndIp or Twilio",
    "type - is not allowed for update": "authentication_method' must be CredentialsAndIp or Twilio",
    "external_reference_id - is too long (maximum is 100 characters)": "at most 100 characters",
    "filters - from not valid": "must be an aware datetime or text",
    "dids - can't be blank": "needs one of 'dids' and 'emergency_calling_service'",
}
"""Mistakes, as the API words them, that the client refuses before anything is sent, and what it says."""

UNKNOWN = {
    "dids.pending_removal": "billing_cycles_count took its place in 2021-04-19",
    "did_groups.local_prefix": "dropped in 2022-05-10",
    "did_order_items.setup_price": "an old alias of nrc",
    "did_order_items.monthly_price": "an old alias of mrc",
    "DidGroupMeta.restrictions": "in older answers",
    "capacity_pools.nrc": "in one example and in no description",
    "capacity_pools.mrc": "in one example and in no description",
    "capacity_pools.unassigned_channels_count": "in one example and in no description",
    "pops.created_at": "in one example and in no description",
    "Meta.api_version": "one example has the document's meta inside the record",
}
"""Members of answers that the description of 2026-04-16 does not have, and why. They are in `extra`."""


def load() -> Sequence[Example]:
    if not SHARED.exists():
        return []
    text = SHARED.read_text()
    for wrong, right in MENDED.items():
        text = text.replace(wrong, right)
    examples = cast("list[dict[str, Any]]", json.loads(text))
    for example in examples:
        answer = example["response"]
        path = path_of(example)
        listing = example["method"] == "GET" and path.isidentifier() and path != "balance"
        # One list is shown as its only record, one record as a list of one.
        if isinstance(answer, dict) and "data" in answer and isinstance(answer["data"], list) is not listing:
            answer["data"] = [answer["data"]] if listing else answer["data"][0]
    return examples


EXAMPLES = load()


def public_keys() -> Any:
    if not EXAMPLES:
        return None
    keys = shared("encryption-vectors.json")["public_keys"]
    return {"data": [{"type": "public_keys", "id": f"{n}", "attributes": {"key": key}} for n, key in enumerate(keys)]}


PUBLIC_KEYS = public_keys()


def name_of(example: Example) -> str:
    return f"{example['method']} {path_of(example)} {example['example']}"


def segments_of(example: Example) -> list[str]:
    """The path below /v3, with the type in front where the vendor forgot it."""
    segments = path_of(example).split("/")
    return segments if "-" not in segments[0] else [example["request"]["data"]["type"], *segments]
