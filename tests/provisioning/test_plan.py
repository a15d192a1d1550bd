"""A plan says what it means, or the error says where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from didww_async.errors import ConfigurationError
from didww_async.provisioning import Plan, PlanItem

GROUP = "0b6a8a72-5f2e-4f2e-9a42-3b1f0f6f5f0c"


def test_a_plan_is_read_from_a_file_with_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        """
        [defaults]
        country = "US"
        trunk = "office"

        [[numbers]]
        npa = "212"
        features = ["voice_in", "sms_in"]
        quantity = 10

        [[numbers]]
        city = "Austin"
        trunk_group = "sales"
        """
    )
    assert Plan.from_toml(path) == Plan(
        [
            PlanItem(country="US", npa="212", features=["voice_in", "sms_in"], quantity=10, trunk="office"),
            PlanItem(country="US", city="Austin", trunk_group="sales"),
        ]
    )


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("quantity = 3", "'group' or 'country'"),
        ("country = 'US'\nquantty = 3", "did you mean 'quantity'"),
        ("country = 'US'\nquantity = 0", "1 to 1000"),
        ("country = 'US'\nquantity = 1001", "1 to 1000"),
        ("country = 'US'\nquantity = true", "must be int"),
        ("country = 'US'\nfeatures = 'voice_in'", "features must be a list"),
        ("country = 'US'\nfeatures = ['voice']", "did you mean 'voice_in'"),
        ("country = 'US'\nnumber_type = 'locl'", "did you mean 'local'"),
        ("country = 'US'\nnpa = '2125'", "three digits"),
        ("country = 'US'\nnxx = '555'", "give 'npa' too"),
        ("country = 'US'\nnpa = '212'\nprefix = '212'", "exclude each other"),
        ("country = 'US'\ntrunk = 'a'\ntrunk_group = 'b'", "exclude each other"),
        ("country = 'US'\nchannels = -1", "0 or more"),
        (f"country = 'US'\ngroup = '{GROUP}'", "'group' says where from"),
        ("group = 'Berlin'", "UUID"),
    ],
)
def test_an_item_that_cannot_be_meant_is_named_with_its_line(item: str, said: str) -> None:
    text = f"[[numbers]]\ncountry = 'DE'\n\n[[numbers]]\n{item}\n"
    with pytest.raises(ConfigurationError, match=said) as caught:
        Plan.parse(text, name="plan.toml")
    assert "plan.toml, line 4 (item 2)" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing to buy"),
        ("numbers = []", "nothing to buy"),
        ("[numbers]\ncountry = 'US'", "nothing to buy"),
        ("[[number]]\ncountry = 'US'", "did you mean 'numbers'"),
        ("defaults = 3\n[[numbers]]\ncountry = 'US'", "must be a table"),
        ("[[numbers]\n", "no TOML"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Plan.parse(text)


def test_a_plan_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        Plan.from_toml(tmp_path / "nowhere.toml")


def test_the_digest_is_of_what_is_said_and_not_of_how() -> None:
    plain = Plan.parse("[[numbers]]\ncountry = 'US'\nquantity = 2")
    moved = Plan.parse("# ours\n[defaults]\nquantity = 2\n\n[[numbers]]\ncountry = 'US'")
    other = Plan.parse("[[numbers]]\ncountry = 'US'\nquantity = 3")
    assert plain.digest == moved.digest
    assert plain.digest != other.digest


def test_an_item_in_a_few_words() -> None:
    assert str(PlanItem(country="US", city="New York", number_type="local", quantity=10)) == "10 x US, New York, local"
    assert str(PlanItem(group=GROUP)) == f"1 x group {GROUP}"
