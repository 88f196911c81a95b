"""The one delivery policy: what becomes of a JetStream message after its handler ended. Pure; no I/O.

Consumers are made with `max_deliver = -1`, because after the last delivery the server would keep a job for ever,
invisible; so the number of deliveries is judged here, and an exhausted message goes to the dead letters.
During an outage messages are held in progress, not redelivered, so `deliveries` grows only by failures and crashes.
"""

from dataclasses import dataclass
from enum import Enum

from pydantic import ValidationError

from palaver.contracts.failures import TRAITS, Failure
from palaver.servicekit.errors import Contended, Unavailable
from palaver.servicekit.tasks import backoff_seconds

MAX_DELIVERIES = 5
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0
FIRST_HOLD_SECONDS = 0.1
LONGEST_HOLD_SECONDS = 2.0
"""A held message is tried at least this often, which bounds how late an outage's end is noticed."""


class Verdict(Enum):
    """What to do with the message."""

    HOLD = "hold"  # keep it in progress, try again here after a pause
    RETRY_NOW = "retry_now"  # try again here at once
    RETRY_LATER = "retry_later"  # give it back to the broker with a delay
    DEAD_LETTER = "dead_letter"


class Undeliverable(Exception):  # noqa: N818 - says what the message is
    """The broker's message fits no handler: an unbound subject, or a body that is not its payload type."""


class Exhausted(Exception):  # noqa: N818 - says what the message is
    """Delivered more often than allowed without an end, so its handler's process probably died of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One failed run of a handler. `deliveries` is the broker's count, `tries` counts runs within this delivery."""

    error: BaseException
    deliveries: int
    tries: int


def judge(attempt: Attempt, *, ordered: bool) -> Verdict:
    """Decide about a failed attempt.

    Ordered consumers (one message in flight for many conversations) never give a message back with a delay, since that
    would hold up everything behind it: one retry at once, then the dead letters.
    """
    if isinstance(attempt.error, Unavailable) and not isinstance(attempt.error, Contended):
        return Verdict.HOLD
    if is_permanent(attempt.error):
        return Verdict.DEAD_LETTER
    if ordered:
        return Verdict.RETRY_NOW if attempt.tries == 1 else Verdict.DEAD_LETTER
    return Verdict.RETRY_LATER if attempt.deliveries < MAX_DELIVERIES else Verdict.DEAD_LETTER


def is_permanent(error: BaseException) -> bool:
    """Whether trying again cannot help: refused by a rule, malformed, or delivered too often."""
    if isinstance(error, Failure):
        return not TRAITS[error.code].retryable
    return isinstance(error, ValidationError | Undeliverable | Exhausted)


def retry_delay_seconds(deliveries: int) -> float:
    """The broker's delay before delivery `deliveries + 1`: growing, capped."""
    return backoff_seconds(deliveries, first=FIRST_RETRY_SECONDS, longest=LONGEST_RETRY_SECONDS)


def hold_pause_seconds(holds: int) -> float:
    """The pause before a held message is tried again for the `holds`-th time."""
    return backoff_seconds(holds, first=FIRST_HOLD_SECONDS, longest=LONGEST_HOLD_SECONDS)


def reason_of(error: BaseException) -> str:
    """Why a message failed, for a header and a log line: codes, types and places; never values, which may be text."""
    if isinstance(error, Failure):
        return str(error.code)
    if isinstance(error, ValidationError):
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['type']}" for detail in details[:8])
    if isinstance(error, Undeliverable | Exhausted | Unavailable):
        return str(error)
    return type(error).__qualname__
