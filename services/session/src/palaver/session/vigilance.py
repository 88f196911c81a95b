"""May this replica judge that a worker died? Pure; the clock is the caller's.

A stall of this process, of Postgres or of the broker looks exactly like dead workers: renewals stay away. So claims
expire only after one whole lease in which sweeps were regular and everything answered in time.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vigilance:
    """What the sweeps so far allow. `trusted_since` is when the present unbroken row of good sweeps began."""

    lease_seconds: float
    max_gap_seconds: float
    last_sweep: float | None = None
    trusted_since: float | None = None

    def swept(self, at: float, *, answered: bool) -> "Vigilance":
        """After a sweep that began at `at` seconds; `answered`: Postgres and the broker did, in time."""
        regular = self.last_sweep is not None and at - self.last_sweep <= self.max_gap_seconds
        if not answered:
            since = None
        elif regular and self.trusted_since is not None:
            since = self.trusted_since
        else:
            since = at
        return Vigilance(self.lease_seconds, self.max_gap_seconds, at, since)

    @property
    def may_expire(self) -> bool:
        """Whether claims may be taken away in the sweep just noted."""
        if self.trusted_since is None or self.last_sweep is None:
            return False
        return self.last_sweep - self.trusted_since >= self.lease_seconds
