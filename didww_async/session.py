"""The session: one connection pool, one limiter, and an attribute for each resource of the API."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable, Sequence
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar, cast
from urllib.parse import urlsplit

from .credentials import AccessTokens, ApiKey, Scope
from .environments import Environment, services_of
from .errors import ConfigurationError
from .limiter import RATE, RateLimiter, SharedLimiter, key_digest, limiter_for
from .negotiation import newest_version
from .notices import Notices
from .retry import RetryPolicy
from .stats import RequestEvent, Stats
from .transport import Timeouts, Transport
from .versions import V2026_04_16, V2026_11_19, VERSIONS, ApiVersion

if TYPE_CHECKING:
    import httpx

    from .cdr.cdrs import Cdrs
    from .prices import Prices
    from .provisioning import Outcome, OutcomeLine, Plan, Quote
    from .resources.capacity import CapacityPools, SharedCapacityGroups
    from .resources.coverage import AvailableDids, DidGroups, DidGroupTypes, NanpaPrefixes
    from .resources.emergency import (
        EmergencyCallingServices,
        EmergencyRequirements,
        EmergencyRequirementValidations,
        EmergencyVerifications,
    )
    from .resources.exports import Exports
    from .resources.geography import Areas, Cities, Countries, Pops, Regions
    from .resources.identities import Addresses, Identities
    from .resources.inventory import DidHistoryEntries, DidReservations, Dids
    from .resources.orders import Balances, Orders
    from .resources.proofs import (
        EncryptedFiles,
        PermanentSupportingDocuments,
        Proofs,
        ProofTypes,
        PublicKeys,
        SupportingDocumentTemplates,
    )
    from .resources.regulation import AddressRequirements, AddressRequirementValidations, AddressVerifications
    from .resources.sms import SenderIdVerifications, SmsTrunkCredentials, SmsTrunkGroups, SmsTrunks
    from .resources.voice_in import VoiceInTrunkGroups, VoiceInTrunks
    from .resources.voice_out import VoiceOutTrunkCredentials, VoiceOutTrunks

__all__ = ["Session"]


T = TypeVar("T")


def _load() -> ModuleType:
    """The resources and their records: declarations that take longer to import than all the rest."""
    return importlib.import_module(".resources", __package__)


def _checked_version(version: str | None, scope: str) -> ApiVersion | None:
    if version is not None and version not in VERSIONS:
        raise ConfigurationError(f"api_version must be one of {', '.join(VERSIONS)}; got {version!r}")
    if scope != "full" and version == V2026_04_16:
        raise ConfigurationError(
            f"scope={scope!r} needs access tokens, which API {V2026_11_19} has and {version} has not"
        )
    return version


class Session:
    """DIDWW's API with one key. Open it once for the life of the program:

        async with Session(api_key) as didww:
            balance = await didww.balance.get()

    `api_key` is from the panel of the environment that is asked: `sandbox` (the default) or `production`.
    `base_url` is the address of an API elsewhere. `api_version` is the version to speak; without one it is the newest
    that the key can, found out once when a session is opened. `scope="read"` asks for access tokens that cannot
    change anything (API 2026-11-19). `limiter` shares the limit
    with other processes (`FileRateLimiter`, `RedisRateLimiter`); without one, all sessions of this process with
    the same key share theirs. `rate` is how many requests a second this process may send, when it is to use less
    than the 20 that the key allows. `retry` says what is tried again, `timeout` how long a request may take.
    `transport` replaces the network, `proxy` is a proxy's URL, `observer` is called after every request.

    `DIDWW_API_KEY`, `DIDWW_ENVIRONMENT`, `DIDWW_API_VERSION` and `DIDWW_BASE_URL` fill what is not given.

    `notices` is where the receiver of webhooks says what it heard, so that waits end early.

    Raises ConfigurationError for a key, environment, version or address that cannot work.
    """

    countries: Countries
    regions: Regions
    cities: Cities
    areas: Areas
    pops: Pops
    did_group_types: DidGroupTypes
    did_groups: DidGroups
    nanpa_prefixes: NanpaPrefixes
    available_dids: AvailableDids
    dids: Dids
    did_reservations: DidReservations
    did_history: DidHistoryEntries
    balance: Balances
    orders: Orders
    capacity_pools: CapacityPools
    shared_capacity_groups: SharedCapacityGroups
    voice_in_trunks: VoiceInTrunks
    voice_in_trunk_groups: VoiceInTrunkGroups
    voice_out_trunks: VoiceOutTrunks
    voice_out_trunk_regenerate_credentials: VoiceOutTrunkCredentials
    exports: Exports
    identities: Identities
    addresses: Addresses
    proof_types: ProofTypes
    proofs: Proofs
    supporting_document_templates: SupportingDocumentTemplates
    permanent_supporting_documents: PermanentSupportingDocuments
    public_keys: PublicKeys
    encrypted_files: EncryptedFiles
    address_requirements: AddressRequirements
    address_requirement_validations: AddressRequirementValidations
    address_verifications: AddressVerifications
    emergency_requirements: EmergencyRequirements
    emergency_requirement_validations: EmergencyRequirementValidations
    emergency_verifications: EmergencyVerifications
    emergency_calling_services: EmergencyCallingServices
    sms_trunks: SmsTrunks
    sms_trunk_groups: SmsTrunkGroups
    sms_trunk_regenerate_credentials: SmsTrunkCredentials
    sender_id_verifications: SenderIdVerifications

    def __init__(
        self,
        api_key: str | None = None,
        *,
        environment: Environment | None = None,
        base_url: str | None = None,
        api_version: ApiVersion | None = None,
        scope: Scope = "full",
        limiter: RateLimiter | SharedLimiter | None = None,
        rate: float = RATE,
        retry: RetryPolicy | None = None,
        timeout: Timeouts | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        observer: Callable[[RequestEvent], None] | None = None,
    ) -> None:
        key = api_key if api_key is not None else os.environ.get("DIDWW_API_KEY")
        services = services_of(
            environment or os.environ.get("DIDWW_ENVIRONMENT") or "sandbox",
            base_url or os.environ.get("DIDWW_BASE_URL") or None,
        )
        self._asked = _checked_version(api_version or os.environ.get("DIDWW_API_VERSION") or None, scope)
        self.notices: Notices = Notices()
        self._offered: dict[str, object] = {}
        self._settle = (retry or RetryPolicy()).settle
        self._api_key = ApiKey(key)
        self._tokens = AccessTokens(key, api_version=V2026_11_19, scope=scope)
        self._digest = key_digest(key or "", urlsplit(services["api"]).netloc)
        if isinstance(limiter, SharedLimiter):
            limiter = limiter.bind(self._digest)
        self._transport = Transport(
            services=services,
            credentials=self._api_key,
            limiter=limiter or limiter_for(self._digest, rate),
            retry=retry or RetryPolicy(),
            timeout=timeout or Timeouts(),
            api_version=V2026_04_16,
            transport=transport,
            proxy=proxy,
            observer=observer,
        )
        self._speak(self._asked or V2026_04_16)

    def _speak(self, version: ApiVersion) -> None:
        self._version: ApiVersion = version
        self._transport.speak(version, self._tokens if version == V2026_11_19 else self._api_key)
        self._offered.clear()

    if not TYPE_CHECKING:  # so that a name that does not exist stays an error in an editor

        def __getattr__(self, name: str) -> object:
            if name.startswith("_") or name not in _load().RESOURCES:
                raise AttributeError(
                    f"Session has no attribute {name!r}; its resources are named as the API names them"
                )
            return self._once(name, lambda: _load().RESOURCES[name](self._transport, self._version))

    def _once(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._offered:
            self._offered[name] = made = make()
            if name in ("orders", "exports"):
                cast("Orders | Exports", made).listen(self.notices)
        return cast("T", self._offered[name])

    @property
    def cdrs(self) -> Cdrs:
        """Call detail records: `inbound` and `outbound` calls, and `harvest` for files."""
        from .cdr.cdrs import Cdrs

        def make() -> Cdrs:
            return Cdrs(
                self.exports,
                self._transport,
                self.exports.watch,
                account=self._digest,
                version=self._version,
                settle=self._settle,
            )

        return self._once("cdrs", make)

    @property
    def prices(self) -> Prices:
        """Prices of calls and messages, by number and as files (API 2026-11-19)."""
        from .prices import Prices

        return self._once("prices", lambda: Prices(self._transport, self._version))

    async def quote(self, plan: Plan) -> Quote:
        """Look up and price a plan: what would be bought, what it costs, and whether the balance is enough.

        Nothing is ordered. An item that cannot be bought, or set up as it says, has a `problem` in its line.
        """
        from .provisioning import quote

        return await quote(self, plan)

    async def provision(
        self,
        plan: Plan | Quote,
        *,
        journal: str | os.PathLike[str],
        deadline: float = 3600.0,
        on_progress: Callable[[OutcomeLine], None] | None = None,
    ) -> Outcome:
        """Buy and set up what a plan says, each item once however often this is run with the same `journal`.

        A file of JSON lines, `journal` holds what was done, so that a run after a crash goes on where it was.
        Items that fail do not stop the others: the outcome has a line for each. `deadline` is in seconds, for
        numbers that are bought and do not come; `on_progress` is called with each line that changes.

        Raises InsufficientBalance before anything is bought where the balance is not enough for the whole plan,
        ConfigurationError for a journal of another plan or one in use.
        """
        from .provisioning import provision

        return await provision(self, plan, journal=journal, deadline=deadline, on_progress=on_progress)

    @property
    def api_version(self) -> ApiVersion:
        """The version of the API that this session asks for; known once it is open where none was given."""
        return self._version

    @property
    def served_version(self) -> str | None:
        """The version that the last answer said it is of, None where no answer has said so yet."""
        return self._transport.served

    @property
    def limiter(self) -> RateLimiter:
        """What paces the requests of this session; sessions with the same key and host share one."""
        return self._transport.limiter

    @property
    def stats(self) -> Stats:
        """Requests, retries, 429s seen and seconds waited, since the session was made."""
        return self._transport.stats

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(_load)
        await self._transport.open()
        if self._asked is None:
            self._tokens.bind(self._transport.mint)
            self._speak(await newest_version(self._tokens, self._digest))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> Sequence[str]:
        """Close the connections, after the writes in flight; the requests that were left, if that took too long.

        Those are logged too: they may have been carried out. Using the session afterwards is an error.
        """
        left = await self._transport.aclose()
        await self.limiter.aclose()
        return left

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Session cannot be pickled or copied: make one in each process, with a shared limiter")

    def __repr__(self) -> str:
        return f"<Session with {self._transport.base_url}, API {self._version}>"
