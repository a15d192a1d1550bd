"""An asyncio client for the DIDWW API that keeps to its rate limit, retries, pages and harvests.

    from didww_async import Session

    async with Session(api_key) as didww:
        async for did in didww.dids.list():
            print(did.number)

Records and what may be filtered and written of them are in `didww_async.records`, every exception in
`didww_async.errors`, receivers of webhooks in `didww_async.receivers`, a local API in `didww_async.simulator`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__
from .errors import DidwwError
from .limiter import LocalRateLimiter, Priority, priority
from .retry import RetryPolicy
from .session import Session
from .stats import RequestEvent
from .transport import Timeouts

if TYPE_CHECKING:
    from .callbacks import CallbackVerifier
    from .limiter import FileRateLimiter, RedisRateLimiter
    from .listing import Listing, Page
    from .provisioning import Plan, PlanItem
    from .query import IncludePath
    from .records.orders import CapacityOrderItem, DidOrderItem
    from .records.sms import SmppEsme, SmppSmsc, SmsHttpIn, SmsHttpOut, SmsToEmail
    from .records.voice_in import PstnConfiguration, SipConfiguration
    from .records.voice_out import CredentialsAndIp, Twilio

__all__ = [
    "CallbackVerifier",
    "CapacityOrderItem",
    "CredentialsAndIp",
    "DidOrderItem",
    "DidwwError",
    "FileRateLimiter",
    "IncludePath",
    "Listing",
    "LocalRateLimiter",
    "Page",
    "Plan",
    "PlanItem",
    "Priority",
    "PstnConfiguration",
    "RedisRateLimiter",
    "RequestEvent",
    "RetryPolicy",
    "Session",
    "SipConfiguration",
    "SmppEsme",
    "SmppSmsc",
    "SmsHttpIn",
    "SmsHttpOut",
    "SmsToEmail",
    "Timeouts",
    "Twilio",
    "__version__",
    "priority",
]

# Imported when they are first used: the records take longer than all the rest.
_LAZY = {
    "CallbackVerifier": ".callbacks",
    "CapacityOrderItem": ".records.orders",
    "CredentialsAndIp": ".records.voice_out",
    "DidOrderItem": ".records.orders",
    "FileRateLimiter": ".limiter",
    "IncludePath": ".query",
    "Listing": ".listing",
    "Page": ".listing",
    "Plan": ".provisioning",
    "PlanItem": ".provisioning",
    "PstnConfiguration": ".records.voice_in",
    "RedisRateLimiter": ".limiter",
    "SipConfiguration": ".records.voice_in",
    "SmppEsme": ".records.sms",
    "SmppSmsc": ".records.sms",
    "SmsHttpIn": ".records.sms",
    "SmsHttpOut": ".records.sms",
    "SmsToEmail": ".records.sms",
    "Twilio": ".records.voice_out",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name], __name__), name)
