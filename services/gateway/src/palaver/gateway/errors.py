"""From outages to what a client is told. The table of codes is the contracts'; it is not repeated here."""

from palaver.contracts.failures import ErrorCode, Failure
from palaver.servicekit.errors import Unavailable


def unavailable(outage: Unavailable) -> Failure:
    """The failure that stands for a dependency being down: the client may try again as it is."""
    return Failure(
        ErrorCode.SERVICE_UNAVAILABLE,
        "A part of the service is not available at the moment; try again shortly.",
        dependency=outage.dependency,
    )
