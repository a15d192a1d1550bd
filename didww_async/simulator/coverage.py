"""What DIDWW sells, for a fresh account: countries down to numbers in stock, prices, requirements, public keys."""

from __future__ import annotations

from typing import Any, Final

import attrs

from .account import Account
from .description import VERSIONS
from .store import Record

__all__ = ["World", "populate"]

# Name, ISO code, dialling prefix, regions by their ISO code, cities of note.
_COUNTRIES: Final[list[tuple[str, str, str, dict[str, str], list[str]]]] = [
    ("United States", "US", "1", {"CA": "California", "NY": "New York", "TX": "Texas"}, ["New York", "Los Angeles"]),
    ("Canada", "CA", "1", {"ON": "Ontario", "QC": "Quebec"}, ["Toronto", "Montreal"]),
    ("United Kingdom", "GB", "44", {}, ["London", "Manchester"]),
    ("Germany", "DE", "49", {}, ["Berlin", "Munich"]),
    ("France", "FR", "33", {}, ["Paris", "Lyon"]),
    ("Spain", "ES", "34", {}, ["Madrid", "Barcelona"]),
    ("Italy", "IT", "39", {}, ["Rome", "Milan"]),
    ("Netherlands", "NL", "31", {}, ["Amsterdam", "Rotterdam"]),
    ("Estonia", "EE", "372", {}, ["Tallinn", "Tartu"]),
    ("Lithuania", "LT", "370", {}, ["Vilnius", "Kaunas"]),
    ("Israel", "IL", "972", {}, ["Jerusalem", "Haifa"]),
    ("Australia", "AU", "61", {"NSW": "New South Wales", "VIC": "Victoria"}, ["Sydney", "Melbourne"]),
    ("Brazil", "BR", "55", {"SP": "Sao Paulo"}, ["Sao Paulo", "Campinas"]),
    ("Japan", "JP", "81", {}, ["Tokyo", "Osaka"]),
    ("Singapore", "SG", "65", {}, ["Singapore"]),
    ("Worldwide", "ZZ", "", {}, []),
]
NUMBER_TYPES: Final = {
    "local": "Local",
    "national": "National",
    "mobile": "Mobile",
    "toll_free": "Toll-free",
    "shared_cost": "Shared Cost",
    "global": "Global",
}
_FEATURES: Final = {
    "local": ["voice_in", "voice_out", "t38", "emergency"],
    "national": ["voice_in", "voice_out"],
    "mobile": ["voice_in", "sms_in", "p2p", "a2p"],
    "toll_free": ["voice_in", "cnam_out"],
}
_POPS: Final = {
    "FRA": "DE, FRA",
    "AMS": "NL, AMS",
    "NYC": "US, NYC",
    "MIA": "US, MIA",
    "LAC": "US, LAC",
    "HK": "HK, HKG",
    "SG": "SG, SIN",
}
_PROOF_TYPES: Final = [
    ("Passport", "Personal"),
    ("National ID", "Personal"),
    ("Driving License", "Personal"),
    ("Business Registration Certificate", "Business"),
    ("Copy of Phone Bill", "Address"),
    ("Utility Bill", "Address"),
    ("Rental Receipt", "Address"),
]


@attrs.define
class World:
    """What was made, for those who make records that refer to it."""

    countries: dict[str, Record] = attrs.field(factory=dict[str, Record])
    groups: list[Record] = attrs.field(factory=list[Record])
    pops: dict[str, Record] = attrs.field(factory=dict[str, Record])
    pools: list[Record] = attrs.field(factory=list[Record])
    proof_types: list[Record] = attrs.field(factory=list[Record])
    templates: list[Record] = attrs.field(factory=list[Record])
    number_types: dict[str, Record] = attrs.field(factory=dict[str, Record])


def populate(account: Account, *, cities: int, stock: int, pick: int) -> World:
    """Make everything that is there before the account has bought anything."""
    world = World()
    for number_type, name in NUMBER_TYPES.items():
        world.number_types[number_type] = account.add("did_group_types", {"name": name})
    for code, name in _POPS.items():
        world.pops[code] = account.add("pops", {"name": name}, hidden={"code": code})
    _documents(account, world)
    places = _geography(account, world, cities)
    for iso, cities_of_note in places.items():
        _groups(account, world, iso, cities_of_note, stock, pick)
    _capacity(account, world)
    return world


def _geography(account: Account, world: World, cities: int) -> dict[str, list[Record]]:
    places: dict[str, list[Record]] = {}
    for name, iso, prefix, regions, notable in _COUNTRIES:
        country = account.add("countries", {"name": name, "prefix": prefix or None, "iso": iso})
        world.countries[iso] = country
        # The newer version has the country's part in a region's code, the older one drops it.
        stem = "" if account.version == VERSIONS[0] else f"{iso}-"
        of_country = [
            account.add("regions", {"name": region, "iso": stem + code}, links={"country": country.id})
            for code, region in regions.items()
        ]
        links: dict[str, Any] = {"country": country.id, "region": None, "area": None}
        places[iso] = []
        for number, city in enumerate(notable):
            area = account.add("areas", {"name": f"{city} Area"}, links={"country": country.id})
            region = of_country[number % len(of_country)].id if of_country else None
            places[iso].append(account.add("cities", {"name": city}, links=links | {"region": region, "area": area.id}))
    home = world.countries["DE"].id
    for number in range(len(account.store.table("cities")), cities):
        account.add(
            "cities", {"name": f"Musterstadt {number:05d}"}, links={"country": home, "region": None, "area": None}
        )
    return places


def _groups(account: Account, world: World, iso: str, cities: list[Record], stock: int, pick: int) -> None:
    country = world.countries[iso]
    prefixes = [
        account.add(
            "nanpa_prefixes",
            {"npa": npa, "nxx": nxx},
            links={"country": country.id, "region": cities[0].links["region"]},
        )
        for npa, nxx in ([("212", "555"), ("646", "201"), ("305", "789")] if iso == "US" else [])
    ]
    if iso == "ZZ":
        kinds: list[tuple[str, Record | None, str]] = [("global", None, "883")]
    else:
        local = [("local", city, f"{20 + number}") for number, city in enumerate(cities)]
        kinds = [*local, ("national", None, "80"), ("mobile", None, "75"), ("toll_free", None, "800")]
    for number_type, city, area_code in kinds:
        requirement = _requirements(account, world, iso, number_type) if number_type in ("local", "mobile") else None
        restricted = requirement is not None and iso in ("DE", "FR", "ES", "IT")
        nanpa = prefixes if number_type == "local" else []
        dial = (country.attributes["prefix"] or "") + area_code
        group = account.add(
            "did_groups",
            {
                # The older version gives the full prefix, the newer one leaves the country's out.
                "prefix": dial if account.version == VERSIONS[0] else area_code,
                "area_name": city.attributes["name"] if city else NUMBER_TYPES[number_type],
                "number_type": number_type,
                "features": _FEATURES.get(number_type, ["voice_in"]),
                "is_metered": number_type == "toll_free",
                "allow_additional_channels": number_type != "toll_free",
                "is_demo": False,
                "service_restrictions": "End user registration needed" if restricted else None,
            },
            links={
                "country": country.id,
                "city": city.id if city else None,
                "region": city.links["region"] if city else None,
                "did_group_type": world.number_types[number_type].id,
                "address_requirement": requirement.id if restricted and requirement else None,
                "stock_keeping_units": [
                    _sku(account, price, channels) for price, channels in (("0.80", 0), ("1.60", 2))
                ],
            },
            meta={
                "needs_registration": restricted,
                "is_available": stock > 0,
                "available_dids_enabled": pick > 0,
                "total_count": stock,
            },
            hidden={
                "stock": stock,
                "next": 0,
                "dial": dial,
                "nanpa_prefixes": [prefix.id for prefix in nanpa],
            },
        )
        world.groups.append(group)
        for number in range(pick):
            picked = nanpa[number % len(nanpa)] if nanpa else None
            account.add(
                "available_dids",
                {"number": _number(group, picked, 9000 + number)},
                links={"did_group": group.id, "nanpa_prefix": picked.id if picked else None},
            )


def _number(group: Record, prefix: Record | None, line: int) -> str:
    if prefix is not None:
        return f"1{prefix.attributes['npa']}{prefix.attributes['nxx']}{line:04d}"
    dial = group.hidden["dial"]
    return f"{dial}{line:0{max(4, 11 - len(dial))}d}"


def _sku(account: Account, monthly: str, channels: int) -> str:
    attributes = {"setup_price": "0.40", "monthly_price": monthly, "channels_included_count": channels}
    return account.add("stock_keeping_units", attributes).id


def _documents(account: Account, world: World) -> None:
    for name, entity in _PROOF_TYPES:
        world.proof_types.append(account.add("proof_types", {"name": name, "entity_type": entity}))
    for name, permanent in (("Germany Registration Form", True), ("Letter of Authorisation", False)):
        url = f"https://templates.example/{name.replace(' ', '_')}.pdf"
        attributes = {"name": name, "permanent": permanent, "url": url}
        world.templates.append(account.add("supporting_document_templates", attributes))


def _requirements(account: Account, world: World, iso: str, number_type: str) -> Record:
    country, kind = world.countries[iso], world.number_types[number_type]
    known = account.store.index("address_requirements", "country").get(country.id, [])
    for id in known:
        if account.store.one("address_requirements", id).attributes["number_type"] == number_type:
            return account.store.one("address_requirements", id)
    both = {"country": country.id, "did_group_type": kind.id}
    if number_type == "local":
        account.add(
            "emergency_requirements",
            {
                "number_type": number_type,
                "identity_type": "any",
                "personal_area_level": "world_wide",
                "business_area_level": "world_wide",
                "address_area_level": "country",
                "personal_mandatory_fields": ["Birth Date"] if iso == "US" else [],
                "business_mandatory_fields": [],
                "address_mandatory_fields": [],
                "estimate_setup_time": "3 business days",
                "requirement_restriction_message": None,
            },
            links=dict(both),
            # What costs nothing has been seen as a number where others are strings.
            meta={"setup_price": 0 if iso == "EE" else "2.00", "monthly_price": "1.50"},
        )
    by_entity: dict[str, list[str]] = {}
    for proof_type in world.proof_types:
        by_entity.setdefault(proof_type.attributes["entity_type"], []).append(proof_type.id)
    return account.add(
        "address_requirements",
        {
            "number_type": number_type,
            "identity_type": "any",
            "personal_area_level": "world_wide",
            "business_area_level": "world_wide",
            "address_area_level": "country",
            "personal_proof_qty": 1,
            "business_proof_qty": 1,
            "address_proof_qty": 1,
            "personal_mandatory_fields": ["birth_date"],
            "business_mandatory_fields": ["vat_id"],
            "service_description_required": False,
            "restriction_message": f"An address in {country.attributes['name']} is required",
        },
        links=both
        | {
            "personal_permanent_document": None,
            "business_permanent_document": None,
            "personal_onetime_document": None,
            "business_onetime_document": None,
            "personal_proof_types": by_entity["Personal"],
            "business_proof_types": by_entity["Business"],
            "address_proof_types": by_entity["Address"],
        },
    )


def _capacity(account: Account, world: World) -> None:
    for name, isos, total in (("Standard", ["US", "CA", "GB", "DE"], 60), ("Extended", ["FR", "ES", "IT"], 0)):
        breaks = [
            account.add("qty_based_pricings", {"qty": qty, "setup_price": "0.00", "monthly_price": price}).id
            for qty, price in ((10, "14.00"), (50, "12.00"))
        ]
        world.pools.append(
            account.add(
                "capacity_pools",
                {
                    "name": name,
                    "renew_date": f"{account.now():%Y-%m}-28",
                    "total_channels_count": total,
                    "assigned_channels_count": 0,
                    "minimum_limit": 0,
                    "minimum_qty_per_order": 1,
                    "setup_price": "0.00",
                    "monthly_price": "15.00",
                    "metered_rate": "0.0100",
                },
                links={"countries": [world.countries[iso].id for iso in isos], "qty_based_pricings": breaks},
            )
        )
