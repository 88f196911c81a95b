"""How large each scenario is. The short plan is what a developer runs before and after a change."""

from dataclasses import dataclass

from palaver.cli.bench.load import Load


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of one run. Rates stay well below what two cores can do: this measures cost, not the knee."""

    name: str
    single: Load
    many: tuple[Load, ...]
    """The first of them is also the load of the pipelines without the product."""
    room: Load
    watchers: int
    linear: tuple[Load, Load]
    stops: int
    idle_connections: int


TINY = Plan(
    name="tiny",
    single=Load(1, 40, 50.0, 0.1),
    many=(Load(4, 60, 50.0, 0.2),),
    room=Load(1, 40, 50.0, 0.1),
    watchers=2,
    linear=(Load(2, 40, 100.0, 0.1), Load(2, 80, 100.0, 0.1)),
    stops=2,
    idle_connections=10,
)
SHORT = Plan(
    name="short",
    single=Load(1, 250, 50.0, 0.1),
    many=(Load(40, 500, 50.0),),
    room=Load(1, 250, 50.0, 0.1),
    watchers=10,
    linear=(Load(20, 250, 100.0, 0.5), Load(20, 500, 100.0, 0.5)),
    stops=20,
    idle_connections=300,
)
FULL = Plan(
    name="full",
    single=Load(1, 500, 50.0, 0.1),
    many=(Load(40, 500, 50.0), Load(100, 1_000, 50.0, 2.0), Load(500, 200, 10.0, 5.0)),
    room=Load(1, 500, 50.0, 0.1),
    watchers=50,
    linear=(Load(20, 1_000, 100.0), Load(20, 2_000, 100.0)),
    stops=200,
    idle_connections=2_000,
)
