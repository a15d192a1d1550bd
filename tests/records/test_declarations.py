"""What holds for every declaration: what it says it takes is taken, and nothing else is."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didww_async import bodies, query
from didww_async.errors import ConfigurationError, NotInVersion
from didww_async.records.declaration import Act, Declaration
from didww_async.values import hints, literals, required
from didww_async.versions import V2026_04_16, V2026_11_19, VERSIONS

from ..declared import resources
from ..strategies import valid

ID = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"
DECLARATIONS = [cls.declaration for cls in resources().values()]
quick = settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow], database=None, deadline=None)

ACTS = [
    pytest.param(declaration, act, id=f"{declaration.type}.{act}")
    for declaration in DECLARATIONS
    for act in ("create", "update")
    if hints(getattr(declaration, act))
]


def versions(declaration: Declaration) -> st.SearchStrategy[str]:
    return st.sampled_from([version for version in VERSIONS if declaration.version in (None, version)])


def body_of(declaration: Declaration, act: str, version: str) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that the API takes: what must be given, some of what may be, and no members that exclude each other."""
    shape = hints(getattr(declaration, act))
    must = required(getattr(declaration, act)) if act == "create" else frozenset[str]()
    known = {name: valid(hint) for name, hint in shape.items() if in_version(declaration, act, name, version)}
    if "pop" in known:
        known["pop"] = st.just("NYC") if version == V2026_11_19 else st.uuids()
    if "filters" in known:
        known["export_type"] = st.just("cdr_in")
        known["filters"] = st.just({"from": "2026-10-01 00:00:00", "to": "2026-10-02 00:00:00"})
    if version == V2026_11_19 and declaration.type == "voice_out_trunks" and act == "create":
        must |= {"on_cli_mismatch_action"}
    needed = {name: known.pop(name) for name in must}
    return st.fixed_dictionaries(needed, optional=known).map(lambda values: agreeing(declaration, act, values))


def in_version(declaration: Declaration, act: Any, name: str, version: str) -> bool:
    try:
        declaration.in_version(act, name, version)
    except NotInVersion:
        return False
    return True


EXCLUSIVE = [
    ("voice_in_trunk", "voice_in_trunk_group"),
    ("sms_trunk", "sms_trunk_group"),
    ("capacity_pool", "shared_capacity_group"),
    ("allow_any_did_as_cli", "dids"),
    ("emergency_enable_all", "emergency_dids"),
]


def agreeing(declaration: Declaration, act: str, values: dict[str, Any]) -> dict[str, Any]:
    """The same, without what the rules of the declarations exclude and with what they need."""
    for one, other in EXCLUSIVE:
        if one in values:
            values.pop(other, None)
    callback = values.get("callback_url"), values.get("callback_method")
    if "callback_method" in hints(getattr(declaration, act)) and None in callback:
        values = {name: value for name, value in values.items() if not name.startswith("callback_")}
    if declaration.type.endswith("_requirement_validations"):
        values["identity"] = ID
    if declaration.type == "emergency_verifications" and act == "create":
        values.pop("emergency_calling_service", None)
        values["dids"] = [ID]
    return values


@pytest.mark.parametrize(("declaration", "act"), ACTS)
@quick
@given(data=st.data())
def test_what_is_declared_can_be_written(declaration: Declaration, act: str, data: st.DataObject) -> None:
    version = data.draw(versions(declaration))
    values = data.draw(body_of(declaration, act, version))
    body = bodies.write(declaration, values, version=version, id=ID if act == "update" else None)
    sent = json.loads(body)["data"]
    assert sent["type"] == declaration.type
    assert sent.get("id") == (ID if act == "update" else None)
    members = sent.get("attributes", {}) | sent.get("relationships", {})
    assert members.keys() >= values.keys()
    assert all(members[cleared] == {"data": None} for cleared in members.keys() - values.keys())


@pytest.mark.parametrize(("declaration", "act"), ACTS)
@quick
@given(data=st.data())
def test_a_wrong_value_is_refused_and_its_member_named(declaration: Declaration, act: str, data: st.DataObject) -> None:
    version = data.draw(versions(declaration))
    values = data.draw(body_of(declaration, act, version))
    wrong = data.draw(st.sampled_from(sorted({*values} or {*hints(getattr(declaration, act))})))
    with pytest.raises(ConfigurationError, match=wrong):
        bodies.write(declaration, {**values, wrong: object()}, version=version, id=ID if act == "update" else None)


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda declaration: declaration.type)
@pytest.mark.parametrize("act", ["create", "update"])
def test_a_member_that_is_not_declared_is_refused(declaration: Declaration, act: str) -> None:
    known = [*hints(getattr(declaration, act)), "name"]
    with pytest.raises(ConfigurationError, match=f"has no '{known[0]}x'"):
        bodies.write(declaration, {f"{known[0]}x": 1}, version=V2026_11_19, id=ID if act == "update" else None)


def items_of(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda declaration: declaration.type)
@quick
@given(data=st.data())
def test_every_filter_that_is_declared_is_taken_and_arrives(declaration: Declaration, data: st.DataObject) -> None:
    for name, hint in hints(declaration.filter).items():
        value: object = data.draw(valid(hint), label=name)
        items = items_of(value)
        for version in VERSIONS:
            try:
                declaration.in_version("filter", name, version)
            except NotInVersion:
                continue
            [(sent, text)] = query.build(declaration, version, filter={name: value})
            assert sent == f"filter[{name}]"
            assert text.count(",") == len(items) - 1
            assert (text == "") == (value is None)


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda declaration: declaration.type)
def test_every_sort_and_include_that_is_declared_is_taken_in_its_version(declaration: Declaration) -> None:
    ask: Any = query.build
    parts: list[tuple[str, Any]] = [("sort", declaration.sort), ("include", declaration.include)]
    for part, declared in parts:
        names: tuple[str, ...] = literals(declared)
        for name in names:
            taken = set[str]()
            for version in VERSIONS:
                try:
                    asked = ask(declaration, version, **{part: [name]})
                except NotInVersion:
                    continue
                assert asked == [(part, name)]
                taken.add(version)
            assert taken


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda declaration: declaration.type)
def test_a_resource_of_one_version_says_so_in_the_other(declaration: Declaration) -> None:
    for version in VERSIONS:
        if declaration.version in (None, version):
            declaration.available(version)
        else:
            with pytest.raises(NotInVersion, match=f"{declaration.version} only"):
                declaration.available(version)


def test_an_act_reads_as_the_method_that_was_called() -> None:
    assert str(Act("dids", "update", V2026_04_16)) == "dids.update"
