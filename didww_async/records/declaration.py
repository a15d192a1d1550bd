"""A declaration of a resource: what the API lets be listed, filtered, sorted, included and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict

import attrs

from ..errors import ConfigurationError, NotInVersion
from .base import Record, fields

__all__ = [
    "Act",
    "Declaration",
    "Nothing",
    "Rule",
    "at_least_one",
    "both_or_neither",
    "clears_the_other",
    "exactly_one",
    "needed_in",
    "on_create",
]


@attrs.frozen
class Act:
    """What is about to be done: `name` is `create` or `update`, `type` the resource's, `version` the API's."""

    type: str
    name: Literal["create", "update"]
    version: str

    def __str__(self) -> str:
        return f"{self.type}.{self.name}"


Rule = Callable[[Mapping[str, Any], Act], Mapping[str, Any]]
"""Takes the members of a body, and returns them or what is sent in their place; raises ConfigurationError."""

RecordClass = type[Record]
Part = Literal["filter", "sort", "include", "create", "update"]


class Nothing(TypedDict):
    """What a resource offers where it offers no filter, or takes no body."""


@attrs.frozen
class Declaration:
    """One resource of the API.

    `filter`, `create` and `update` are TypedDicts, `sort` and `include` Literals. `paged` is False where the
    API answers everything at once, `page_size` what a page is asked to hold. `version` is the only version
    that has the resource, None for all; `only` the same for single filters, sorts, includes and body members.
    """

    type: str
    record: RecordClass
    path: str = attrs.field(default=attrs.Factory(lambda self: f"/{self.type}", takes_self=True))
    filter: Any = Nothing
    sort: Any = None
    include: Any = None
    create: Any = Nothing
    update: Any = Nothing
    paged: bool = True
    page_size: int = 100
    version: str | None = None
    only: Mapping[Part, Mapping[str, str]] = attrs.field(factory=dict[Part, Mapping[str, str]])
    rules: tuple[Rule, ...] = ()

    def in_version(self, part: Part, name: str, version: str) -> None:
        """Raise `NotInVersion` where `version` has no such filter, sort, include or body member."""
        wanted = self.only.get(part, {}).get(name.removeprefix("-"))
        if wanted is None and part != "filter" and part != "sort":
            field = fields(self.record).get(name)
            wanted = field.only if field else None
        if wanted is not None and wanted != version:
            raise NotInVersion(
                f"{self.type}: the {part} member {name!r} is in API version {wanted} only, "
                f"and this session speaks {version}"
            )

    def available(self, version: str) -> None:
        """Raise `NotInVersion` where `version` does not have this resource."""
        if self.version is not None and self.version != version:
            raise NotInVersion(
                f"API version {version} has no {self.type}: it is in {self.version} only. "
                f"Open the session with api_version={self.version!r}"
            )


def both_or_neither(one: str, other: str) -> Rule:
    """Two members that the API takes together or not at all."""

    def rule(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
        if (values.get(one) is None) != (values.get(other) is None):
            raise ConfigurationError(f"{act} takes {one!r} and {other!r} together or neither")
        return values

    return rule


def at_least_one(*names: str) -> Rule:
    """Members of which the API needs one."""

    def rule(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
        if all(values.get(name) is None for name in names):
            raise ConfigurationError(f"{act} needs {' or '.join(map(repr, names))}")
        return values

    return rule


def exactly_one(*names: str) -> Rule:
    """Members of which the API takes one and no more."""

    def rule(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
        if sum(values.get(name) is not None for name in names) != 1:
            raise ConfigurationError(f"{act} needs one of {' and '.join(map(repr, names))}, and not both")
        return values

    return rule


def clears_the_other(one: str, other: str) -> Rule:
    """Two relationships that exclude each other: setting one clears the other, setting both is refused."""

    def rule(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
        set_one, set_other = values.get(one) is not None, values.get(other) is not None
        if set_one and set_other:
            raise ConfigurationError(f"{act} takes {one!r} or {other!r}, not both: they exclude each other")
        if set_one or set_other:
            return {**values, (other if set_one else one): None}
        return values

    return rule


def needed_in(version: str, name: str) -> Rule:
    """A member of a new record that only one version of the API insists on."""

    def rule(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
        if act.version == version and values.get(name) is None:
            raise ConfigurationError(f"{act} needs {name!r} in API version {version}")
        return values

    return on_create(rule)


def on_create(rule: Rule) -> Rule:
    """A rule that holds for a new record only."""

    def create_rule(values: Mapping[str, Any], act: Act) -> Mapping[str, Any]:
        return rule(values, act) if act.name == "create" else values

    return create_rule
