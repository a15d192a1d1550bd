"""Numbers bought and set up in bulk: a plan, what it costs, and its execution with a journal of what was done."""

from .plan import Plan, PlanItem
from .quotes import Quote, QuoteLine, quote
from .run import Outcome, OutcomeLine, provision

__all__ = ["Outcome", "OutcomeLine", "Plan", "PlanItem", "Quote", "QuoteLine", "provision", "quote"]
