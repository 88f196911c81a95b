"""All scenarios. A module here with a constant `SCENARIO` is one, under its own name."""

from importlib import import_module
from pkgutil import iter_modules

from palaver.cli.bench.scenario import Scenarios


def every() -> Scenarios:
    """By name, in the order in which they play."""
    modules = {
        module.name.replace("_", "-"): import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)
    }
    found = {name: module.SCENARIO for name, module in modules.items()}
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))
