"""What one run found out: plain data, written as JSON and read by the table and the plot."""

import msgspec

from palaver.cli.bench.ledger import Observed

PATH_ROLES = ("worker", "broker", "edge")
"""Who a token passes through. Simulator, clients and the services that are not on its way are listed, not summed."""


class Measured(msgspec.Struct, frozen=True):
    """One scenario under load. CPU seconds are of the measured time; `whole_seconds` of everything, start and end too.

    Roles are services and servers of the product, and `worker`, `broker`, `edge` on the way of a token.
    """

    name: str
    observed: Observed
    measured_seconds: float
    cpu_seconds: dict[str, float]
    whole_cpu_seconds: dict[str, float]

    def us_per_token(self, role: str) -> float:
        """CPU microseconds of one role for each token that a client received."""
        return self.cpu_seconds.get(role, 0.0) * 1e6 / max(1, self.observed.tokens_measured)

    @property
    def path_us_per_token(self) -> float:
        """CPU microseconds of worker, broker and edge together."""
        return sum(self.us_per_token(role) for role in PATH_ROLES)

    @property
    def others_us_per_token(self) -> float:
        """CPU microseconds of the product's other processes."""
        uncounted = {*PATH_ROLES, "client", "simulator"}
        return sum(self.us_per_token(role) for role in self.cpu_seconds if role not in uncounted)

    @property
    def whole_path_seconds(self) -> float:
        """CPU seconds of worker, broker and edge for everything."""
        return sum(self.whole_cpu_seconds.get(role, 0.0) for role in PATH_ROLES)


class Stops(msgspec.Struct, frozen=True):
    """From `stop` sent to the provider seeing the connection closed. Wall-clock."""

    samples: int
    missing: int
    p50_ms: float
    p99_ms: float


class Idle(msgspec.Struct, frozen=True):
    """Memory of the gateway for each attached connection that does nothing."""

    connections: int
    bytes_each: float


class Results(msgspec.Struct):
    """One run. `remarks` say what was left out, and why."""

    plan: str
    at: str
    machine: dict[str, str]
    scenarios: list[Measured] = []
    stops: Stops | None = None
    idle: Idle | None = None
    linearity_cpu: float | None = None
    linearity_bytes: float | None = None
    remarks: list[str] = []

    def scenario(self, name: str) -> Measured | None:
        """One by name."""
        return next((found for found in self.scenarios if found.name == name), None)

    @property
    def faultless(self) -> bool:
        """Every token of every scenario came once and in order."""
        return all(scenario.observed.faultless for scenario in self.scenarios)
