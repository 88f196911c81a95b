"""What one run found out: plain data, written as JSON and read by the table, the targets, the plots and comparisons."""

import msgspec

from palaver.cli.bench.observing import Observed

PATH_ROLES = ("worker", "broker", "edge")
"""Who a token passes through. Simulator, clients and the services that are not on its way are listed, not summed."""


class Measured(msgspec.Struct, frozen=True):
    """One pipeline under one load.

    CPU seconds are of the measured time; `whole_cpu_seconds` of everything, start and end too. Roles are services and
    servers of the product, and `worker`, `broker`, `edge` on the way of a token.
    """

    name: str
    load: str
    observed: Observed
    measured_seconds: float
    cpu_seconds: dict[str, float]
    whole_cpu_seconds: dict[str, float]
    beside: bool = False
    """Other things happened meanwhile: its CPU is not of these tokens alone."""

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
    def cores_busy(self) -> float:
        """CPU seconds a second of every process of the run: where it nears the machine's cores, nothing is valid."""
        return sum(self.cpu_seconds.values()) / max(1e-9, self.measured_seconds)

    @property
    def whole_path_seconds(self) -> float:
        """CPU seconds of worker, broker and edge for everything."""
        return sum(self.whole_cpu_seconds.get(role, 0.0) for role in PATH_ROLES)


class Figure(msgspec.Struct, frozen=True):
    """One number that is no cost per token. `unit` is "" for a ratio; `note` says what must be known to read it."""

    name: str
    value: float
    unit: str = ""
    note: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line of a chart."""

    name: str
    points: list[tuple[float, float]]


class Chart(msgspec.Struct, frozen=True):
    """Something that is seen rather than said."""

    title: str
    across: str
    up: str
    lines: list[Line]
    log_up: bool = False


class Finding(msgspec.Struct):
    """What one scenario found. `failed` says why it found nothing, or not everything."""

    scenario: str = ""
    rows: list[Measured] = []
    figures: list[Figure] = []
    charts: list[Chart] = []
    remarks: list[str] = []
    pages: dict[str, str] = {}
    """Longer texts, by the name of the file that keeps them."""
    failed: str | None = None
    seconds: float = 0.0

    def say(self, name: str, value: float, unit: str = "", note: str = "") -> None:
        """Add a figure."""
        self.figures.append(Figure(name, value, unit, note))

    def figure(self, name: str) -> Figure | None:
        """One by name."""
        return next((found for found in self.figures if found.name == name), None)


class Results(msgspec.Struct):
    """One run."""

    plan: str
    at: str
    machine: dict[str, str]
    findings: list[Finding] = []

    def finding(self, scenario: str) -> Finding | None:
        """One by name."""
        return next((found for found in self.findings if found.scenario == scenario), None)

    @property
    def rows(self) -> list[Measured]:
        """All pipelines of all scenarios."""
        return [row for finding in self.findings for row in finding.rows]

    @property
    def faultless(self) -> bool:
        """Every token of every scenario came once and in order."""
        return all(row.observed.faultless for row in self.rows)

    @property
    def complete(self) -> bool:
        """No scenario failed."""
        return not any(finding.failed for finding in self.findings)
