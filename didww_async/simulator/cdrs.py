"""Calls and messages of any period, made from a seed: however a period is cut, its pieces hold the same rows.

Each hour has its own dice, so that it is the same hour whoever asks for it. What was seen of the vendor's files
is kept: some rows quote every cell and others none, what is empty is bare or `""`, failed calls have no times or
costs or zeros for them, a call that was tried twice is two rows, and a call may have no id.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from .description import VERSIONS

__all__ = ["COLUMNS", "CallBook"]

_TIMES: Final = ["Date/Time Start (UTC)", "Date/Time Connect (UTC)", "Date/Time End (UTC)"]
_IN: Final = [
    "Duration (sec)",
    "Attempt",
    "Disconnect Code",
    "Response",
    "Disconnect Initiator",
    "Voice IN Trunk",
    "Destination",
    "Trunk Group",
    "Capacity Group",
    "Toll-free (USD)",
    "PSTN (USD)",
    "Metered (USD)",
    "CNAM IN (USD)",
    "Total (USD)",
    "Call ID",
]
_OUT: Final = [
    "Source",
    "CLI",
    "Destination Number",
    "Call Duration (sec)",
    "Billing Duration (sec)",
    "Disconnect Code",
    "Disconnect Reason",
    "Voice OUT Trunk",
    "Destination Country",
    "Network",
    "Call Type",
    "Rate (USD)",
    "Charged (USD)",
    "P-Charge-Info",
    "Call ID",
]
_SMS: Final = ["Time Received", "Time Sent", "Status", "Reason", "Source Address", "Destination Address"]

COLUMNS: Final[Mapping[tuple[str, str], Sequence[str]]] = {
    (VERSIONS[0], "cdr_in"): [*_TIMES, "Status", "Source", "Source Name", "Destination DID", *_IN],
    (VERSIONS[0], "cdr_out"): [*_TIMES, "Status", *_OUT],
    # Only the head of this one is known, up to the number; the rest is assumed to have stayed.
    (VERSIONS[1], "cdr_in"): [
        *_TIMES,
        "Status",
        "Source Number",
        "Source Number Out",
        "Source Name",
        "Source Country",
        "Source Network",
        "Destination DID",
        *_IN,
    ],
    # Assumed: that nothing changed here, and that message files have the columns of the panel's log.
    (VERSIONS[1], "cdr_out"): [*_TIMES, "Status", *_OUT],
    (VERSIONS[1], "sms_in"): [*_SMS, "Trunk/Type", "Destination", "Fragments", "Attempt", "SMS ID"],
    (VERSIONS[1], "sms_out"): [*_SMS, "Trunk", "Service Type", "Fragments", "Attempt", "SMS ID"],
}
"""The columns of a file by version and export type: times first, an id last."""

_PROFILES: Final = 1024
_MINUTES: Final = [f"{second // 60:02d}:{second % 60:02d}" for second in range(3600)]
_FAILURES: Final = (("404", "Not Found"), ("486", "Busy here"), ("487", "Request Terminated"), ("503", "Unavailable"))
_NAMES: Final = ("", "", "John Smith", "Erika Mustermann", "O'Neill & Sons", "Doe, Jane", 'The "Office"')


@attrs.frozen
class _Profile:
    """What a row says besides its times and its id. `ring` and `talk` are seconds, `ring` None if nobody answered.

    `facts` is what filters look at; `again` is the second attempt at the same call.
    """

    values: Mapping[str, str]
    facts: Mapping[str, str]
    ring: int | None
    talk: int
    quoted: bool = False
    nameless: bool = False
    again: _Profile | None = None


class CallBook:
    """Makes the rows of every export type.

    `numbers` are those that calls come in on, `trunks` the outbound trunks by id, with their names.
    """

    def __init__(
        self,
        seed: int,
        *,
        calls_per_day: int,
        messages_per_day: int,
        numbers: Sequence[str],
        trunks: Mapping[str, str],
    ) -> None:
        self._seed = seed
        self._per_day = {"cdr": calls_per_day, "sms": messages_per_day}
        self._numbers = numbers or ["442037691880"]
        self._trunks = list(trunks.items()) or [("", "")]
        self._profiles: dict[str, list[_Profile]] = {}

    def text(
        self, kind: str, version: str, begin: datetime, end: datetime, filters: Mapping[str, Any]
    ) -> Iterator[str]:
        """The file of a period, `begin` in it and `end` not, in pieces: the header line, then an hour at a time."""
        columns = COLUMNS[version, kind]
        yield ",".join(columns) + "\n"
        times = 3 if kind.startswith("cdr") else 2
        lines = [
            _Line(profile, columns[times:-1], times) if _matches(profile, filters) else None
            for profile in self._of(kind)
        ]
        first, last = int(begin.timestamp()), int(end.timestamp())
        for hour in range(first // 3600, -(-last // 3600)):
            begins, ends = first - hour * 3600, last - hour * 3600
            rows = self._hour(kind, hour, lines)
            if begins > 0 or ends < 3600:
                yield "".join([row for second, row in rows if begins <= second < ends])
            else:
                yield "".join([row for _, row in rows])

    def _hour(self, kind: str, hour: int, lines: Sequence[_Line | None]) -> Iterator[tuple[int, str]]:
        """The rows of one hour, each with the second in which it starts."""
        per_day = self._per_day[kind[:3]]
        dice = random.Random(f"{self._seed}/{kind}/{hour}")
        count = (hour + 1) * per_day // 24 - hour * per_day // 24
        starts = sorted(dice.choices(range(3600), k=count))
        chosen = dice.choices(range(len(lines)), k=count)
        stem = f"{dice.getrandbits(72):018x}"
        hours = [f"{datetime.fromtimestamp((hour + more) * 3600, UTC):%Y-%m-%d %H:}" for more in range(4)]
        for number, (second, choice) in enumerate(zip(starts, chosen, strict=True)):
            line = lines[choice]
            if line is None:
                continue
            call = f"{stem}{number:06x}"
            yield second, line.at(hours, second, call)
            if line.again is not None:
                # Not past the hour: the next one knows nothing of it.
                later = min(second + 20, 3599)
                yield later, line.again.at(hours, later, call)

    def _of(self, kind: str) -> list[_Profile]:
        if kind not in self._profiles:
            dice = random.Random(f"{self._seed}/profiles/{kind}")
            make = {
                "cdr_in": self._inbound,
                "cdr_out": self._outbound,
                "sms_in": self._message,
                "sms_out": self._message,
            }
            self._profiles[kind] = [make[kind](dice, kind) for _ in range(_PROFILES)]
        return self._profiles[kind]

    def _inbound(self, dice: random.Random, kind: str) -> _Profile:
        number, source = dice.choice(self._numbers), f"49301{dice.randrange(10**6):06d}"
        answered = dice.random() < 0.75
        code, response = ("200", "Bye") if answered else dice.choice(_FAILURES)
        talk = min(3000, int(dice.expovariate(1 / 120)) + 1) if answered else 0
        pstn = talk * 0.00005
        nothing = dice.choice(("", "0", "0.000"))
        values = {
            "Status": "Completed" if answered else "Failed",
            "Source": source,
            "Source Number": source,
            "Source Number Out": f"+{source}",
            "Source Name": dice.choice(_NAMES),
            "Source Country": "Germany",
            "Source Network": "Example Telecom",
            "Destination DID": number,
            "Duration (sec)": str(talk) if answered else dice.choice(("", "0")),
            "Attempt": "1",
            "Disconnect Code": code,
            "Response": response,
            "Disconnect Initiator": dice.choice(("Origination", "Termination")),
            "Voice IN Trunk": "SIP Trunk",
            "Destination": "sip:office@example.com",
            "Trunk Group": dice.choice(("", "Group 1")),
            "Capacity Group": dice.choice(("", "Shared lines")),
            "Toll-free (USD)": "0.000" if answered else nothing,
            "PSTN (USD)": f"{pstn:.3f}" if answered else nothing,
            "Metered (USD)": "0.000" if answered else nothing,
            "CNAM IN (USD)": "0.000" if answered else nothing,
            "Total (USD)": f"{pstn:.3f}" if answered else nothing,
        }
        facts = {
            "did_number": number,
            "source_number": source,
            "source_number_out": f"+{source}",
            "source_country_iso": "DE",
        }
        quoted = dice.random() < 0.2
        if not answered and dice.random() < 0.2:
            second = _Profile(values | {"Attempt": "2"}, facts, None, 0, quoted)
            return _Profile(values, facts, None, 0, quoted, again=second)
        nameless = not answered and dice.random() < 0.3
        return _Profile(values, facts, dice.randrange(1, 30) if answered else None, talk, quoted, nameless)

    def _outbound(self, dice: random.Random, kind: str) -> _Profile:
        cli, destination = dice.choice(self._numbers), f"44207{dice.randrange(10**6):06d}"
        trunk_id, trunk = dice.choice(self._trunks)
        answered = dice.random() < 0.8
        code, reason = ("200", "Bye") if answered else dice.choice(_FAILURES)
        talk = min(3000, int(dice.expovariate(1 / 150)) + 1) if answered else 0
        billed = -(-talk // 6) * 6
        values = {
            "Status": "Completed" if answered else "Failed",
            "Source": cli,
            "CLI": cli,
            "Destination Number": destination,
            "Call Duration (sec)": str(talk) if answered else dice.choice(("", "0")),
            "Billing Duration (sec)": str(billed) if answered else "",
            "Disconnect Code": code,
            "Disconnect Reason": reason,
            "Voice OUT Trunk": trunk,
            "Destination Country": "United Kingdom" if answered else "",
            "Network": "Proper, London" if answered else "",
            "Call Type": "International",
            "Rate (USD)": "0.012" if answered else "",
            "Charged (USD)": f"{billed * 0.0002:.3f}" if answered else "0",
            "P-Charge-Info": "",
        }
        facts = {"voice_out_trunk.id": trunk_id, "source": cli, "cli": cli, "destination": destination}
        ring = dice.randrange(1, 30) if answered else None
        return _Profile(values, facts, ring, talk, dice.random() < 0.2, not answered and dice.random() < 0.2)

    def _message(self, dice: random.Random, kind: str) -> _Profile:
        ours, theirs = dice.choice(self._numbers), f"37062{dice.randrange(10**6):06d}"
        source, destination = (theirs, ours) if kind == "sms_in" else (ours, theirs)
        good = dice.random() < 0.9
        service = dice.choice(("P2P", "A2P"))
        values = {
            "Status": "Success" if good else "Failed",
            "Reason": "" if good else "Unreachable",
            "Source Address": source,
            "Destination Address": destination,
            "Trunk/Type": "Mailbox/Email",
            "Destination": "sms@example.com",
            "Trunk": "Messages",
            "Service Type": service,
            "Fragments": dice.choice(("1/1", "1/2")),
            "Attempt": "1",
        }
        facts = {
            "source_address": source,
            "destination_address": destination,
            "status": values["Status"],
            "trunk_type": "Email",
            "service_type": service.lower(),
        }
        return _Profile(values, facts, 1 if good else None, 0)


class _Line:
    """The row of a profile, made but for its times and its id."""

    def __init__(self, profile: _Profile, columns: Sequence[str], times: int) -> None:
        quote = '"' if profile.quoted else ""
        cells = (_cell(profile.values.get(column, ""), profile.quoted) for column in columns)
        empty = ',""' if profile.quoted or times == 3 else ","
        self._before = quote
        self._between = f"{quote},{quote}"
        self._unanswered = quote + empty * (times - 1) + ","
        self._middle = ",".join(cells) + ","
        self._profile = profile
        self._times = times
        self.again = _Line(profile.again, columns, times) if profile.again else None

    def at(self, hours: Sequence[str], second: int, call: str) -> str:
        """The row of a call that starts in a second of the first of `hours`."""
        profile, quote = self._profile, self._before
        row = f"{quote}{hours[second // 3600]}{_MINUTES[second % 3600]}"
        if profile.ring is None:
            row += self._unanswered
        else:
            second += profile.ring
            row += f"{self._between}{hours[second // 3600]}{_MINUTES[second % 3600]}"
            if self._times == 3:
                second += profile.talk
                row += f"{self._between}{hours[second // 3600]}{_MINUTES[second % 3600]}"
            row += f"{quote},"
        if profile.nameless:
            call = ""
        return f"{row}{self._middle}{quote}{call}{quote}\n"


def _cell(value: str, quoted: bool) -> str:
    if quoted or any(mark in value for mark in ',"\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def _matches(profile: _Profile, filters: Mapping[str, Any]) -> bool:
    for name, wanted in filters.items():
        if name in ("from", "to"):
            continue
        stem = name.removesuffix("_eq").removesuffix("_cont")
        value = profile.facts.get(stem, "")
        many = [wanted] if isinstance(wanted, str) else [str(one) for one in wanted]
        if name.endswith("_cont"):
            if not any(one in value for one in many):
                return False
        elif stem == "service_type":
            if value not in [one.lower() for one in many]:
                return False
        elif value not in many:
            return False
    return True
