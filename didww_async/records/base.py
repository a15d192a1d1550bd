"""What every record is: frozen, typed, and honest about what the answer did not carry."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self, TypeVar, dataclass_transform

import attrs

from ..errors import NotLoaded
from ..versions import same_version

__all__ = [
    "Component",
    "Field",
    "Meta",
    "Record",
    "Unset",
    "attribute",
    "cached",
    "component",
    "fields",
    "many",
    "nearest",
    "one",
    "read_only",
    "record",
]

T = TypeVar("T")
V = TypeVar("V")
NOTHING_EXTRA: Final[Mapping[str, Any]] = MappingProxyType({})


class Unset:
    """The default of a member that was not given, and so is not sent."""

    def __repr__(self) -> str:
        return "<unset>"


UNSET: Final[Any] = Unset()


@attrs.frozen
class Field:
    """What is known of one member of a record.

    `only` is the one API version that has it, None for all; `attribute_in` the version in which a
    relationship is a plain attribute; `writable` is False for what the API answers and never takes.
    """

    name: str
    relationship: Literal["one", "many"] | None
    only: str | None
    attribute_in: str | None
    secret: bool
    writable: bool


def attribute(*, only: str | None = None, secret: bool = False) -> Any:
    """An attribute that only one version of the API has, or whose value never shows in a repr."""
    return attrs.field(metadata={"only": only, "secret": secret})


def one(*, only: str | None = None, attribute_in: str | None = None, init: Literal[False] = False) -> Any:
    """A relationship to one record: None where the API says that there is none."""
    return attrs.field(metadata={"relationship": "one", "only": only, "attribute_in": attribute_in})


def many(*, only: str | None = None, init: Literal[False] = False) -> Any:
    """A relationship to any number of records."""
    return attrs.field(metadata={"relationship": "many", "only": only})


def read_only(*, only: str | None = None, secret: bool = False, init: Literal[False] = False) -> Any:
    """A member of a component that the API answers and never takes."""
    return attrs.field(default=UNSET, init=False, metadata={"only": only, "secret": secret})


@dataclass_transform(
    frozen_default=True,
    eq_default=False,
    kw_only_default=True,
    field_specifiers=(attribute, one, many, read_only),
)
def record(cls: type[T]) -> type[T]:
    """Make a frozen attrs class whose members stay unset until an answer brings them."""
    return attrs.frozen(init=False, eq=False, repr=False, getstate_setstate=False)(cls)


@dataclass_transform(
    frozen_default=True,
    eq_default=False,
    kw_only_default=True,
    field_specifiers=(attribute, read_only, attrs.field),
)
def component(cls: type[T]) -> type[T]:
    """Make a frozen attrs class for a value inside a record, written as far as it was given."""
    return attrs.frozen(kw_only=True, eq=False, repr=False, getstate_setstate=False)(cls)


def cached(function: Callable[[T], V]) -> Callable[[T], V]:
    """`functools.cache` for functions of a class: type checkers hold a class for unhashable if its objects hash."""
    return cache(function)


@cached
def fields(cls: type[Any]) -> Mapping[str, Field]:
    """Every declared member of a record or component class, by name."""
    return {
        a.name: Field(
            name=a.name,
            relationship=a.metadata.get("relationship"),
            only=a.metadata.get("only"),
            attribute_in=a.metadata.get("attribute_in"),
            secret=a.metadata.get("secret", False),
            writable=a.init,
        )
        for a in attrs.fields(cls)
        if a.name not in ("id", "meta", "extra", "version")
    }


def nearest(name: str, known: Iterator[str] | Mapping[str, Any]) -> str:
    """«, did you mean 'x'?» where a known name is close, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


class _Sparse:
    """Members live in slots, and a slot that was never filled raises `NotLoaded` when it is read."""

    __slots__ = ()

    extra: Mapping[str, Any]

    if not TYPE_CHECKING:
        # Hidden from type checkers, to whom a name that is not declared must stay an error.
        def __getattr__(self, name: str) -> Any:
            # Only reached when normal lookup failed: the slot is empty, or there is no such member.
            field = fields(type(self)).get(name)
            if field is None:
                hint = nearest(name, fields(type(self))) or (
                    " (see .extra)" if not name.startswith("__") and name in self.extra else ""
                )
                raise AttributeError(f"{type(self).__name__} has no member {name!r}{hint}")
            raise NotLoaded(self._why_missing(field))

    def _why_missing(self, field: Field) -> str:
        return f"{type(self).__name__}.{field.name} was not given"

    def loaded(self) -> dict[str, Any]:
        """The members that are there, by name, in the order of their declaration."""
        found: dict[str, Any] = {}
        for name in fields(type(self)):
            try:
                found[name] = object.__getattribute__(self, name)
            except AttributeError:
                continue
        return found

    def _shown(self) -> str:
        known = fields(type(self))
        return ", ".join(
            f"{name}={'***' if known[name].secret and value is not None else repr(value)}"
            for name, value in self.loaded().items()
            if not known[name].relationship
        )

    def _fill(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    @classmethod
    def _rebuilt(cls, values: Mapping[str, Any]) -> Self:
        """As it was pickled; relationships are not carried, since they can be cyclic."""
        made = object.__new__(cls)
        made._fill(values)
        return made


@attrs.frozen(init=False, eq=False, repr=False, getstate_setstate=False)
class Component(_Sparse):
    """A value inside a record that has members of its own: a trunk's configuration, an order's item.

    `type` is its JSON:API type, empty for a component that has none. Two are equal when what they carry is.
    `extra` holds members that this version of the library does not know.
    """

    type: ClassVar[str] = ""
    extra: Mapping[str, Any] = attrs.field(default=NOTHING_EXTRA, init=False)

    def __attrs_post_init__(self) -> None:
        for name, value in self.loaded().items():
            if value is UNSET:
                object.__delattr__(self, name)

    def validate(self) -> None:
        """Raise ConfigurationError where members exclude each other. Called before anything is sent."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown()})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.loaded() == other.loaded() and self.extra == other.extra

    def __hash__(self) -> int:
        return hash((type(self), tuple(map(repr, self.loaded().values()))))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._rebuilt, (self.loaded() | {"extra": dict(self.extra)},)


@component
class Meta(Component):
    """The `meta` that the API gives beside a record. Members unknown to this library are in `extra`."""


NO_META: Final = Meta()


@record
class Record(_Sparse):
    """One resource as the API answered it.

    Reading a relationship that was not included, or an attribute that was pruned by `fields`, raises
    `NotLoaded`; `hasattr` tells beforehand. Two records are equal when type, id and attributes are.

    `id` is a UUID in its text form; `meta` the API's meta for this record; `extra` attributes that this
    version of the library does not know; `version` the API version that answered.
    """

    type: ClassVar[str] = ""

    id: str
    meta: Meta = attrs.field(init=False)
    extra: Mapping[str, Any] = attrs.field(init=False)
    version: str = attrs.field(init=False)

    def __init__(self, *, id: str, **values: Any) -> None:
        known = fields(type(self))
        for name in values:
            if name not in known and name not in ("meta", "extra", "version"):
                raise TypeError(f"{type(self).__name__} has no member {name!r}{nearest(name, known)}")
        self._fill({"meta": NO_META, "extra": NOTHING_EXTRA, "version": ""} | values | {"id": id})

    def _why_missing(self, field: Field) -> str:
        name = f"{type(self).type or 'record'} {self.id}: {field.name!r}"
        if field.only and self.version and not same_version(field.only, self.version):
            return f"{name} exists in API version {field.only} only, and {self.version} answered"
        if field.relationship:
            return f"{name} was not included: ask for include=[{field.name!r}]"
        return f"{name} is not in the answer: it was left out by `fields`, or the record was only referred to"

    def __repr__(self) -> str:
        shown = self._shown()
        return f"{type(self).__name__}(id={self.id!r}{', ' + shown if shown else ''})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.id == other.id and self._attributes() == other._attributes() and self.extra == other.extra

    def __hash__(self) -> int:
        return hash((type(self), self.id))

    def _attributes(self) -> dict[str, Any]:
        known = fields(type(self))
        return {name: value for name, value in self.loaded().items() if not known[name].relationship}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        state = self._attributes() | {
            "id": self.id,
            "meta": self.meta,
            "extra": dict(self.extra),
            "version": self.version,
        }
        return self._rebuilt, (state,)
