"""What `make generate` writes below `deploy/observability`: rules with their tests, and dashboards."""

from pathlib import Path

import observability_dashboards as dashboards
import observability_rules as rules

ROOT = Path(__file__).resolve().parents[1]
HOME = Path("deploy/observability")


def definition() -> rules.Definition:
    """Alerts and objectives."""
    return rules.Definition(ROOT / HOME / "alerts.toml")


def defined_dashboards() -> list[dashboards.Dashboard]:
    """All of them."""
    return dashboards.read(ROOT / HOME / "dashboards.toml")


def documents() -> dict[Path, str]:
    """Path in the repository → text."""
    known = definition()
    return {
        HOME / "prometheus/rules.yml": rules.yaml(known.rules()),
        HOME / "prometheus/rules_test.yml": rules.yaml(known.tests()),
        **{HOME / f"grafana/dashboards/{one.uid}.json": dashboards.as_json(one) for one in defined_dashboards()},
    }
