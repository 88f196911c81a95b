"""Rules and dashboards against the metrics that there are: what is misspelt is an alert that never comes."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import metrics_page
import observability_files
from observability_rules import Alert
from palaver.cli.testing.watchers import PROMTOOL, installed

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy/observability/prometheus"
ADDED_BY_PROMETHEUS = {"service", "instance", "job"}
OF_PROMETHEUS = {"up", "ALERTS"}
NAME = re.compile(r"\b(?:palaver|process)_[a-z_]+(?::[a-z_0-9:]+)?\b|\bup\b|\bALERTS\b")

DEFINITION = observability_files.definition()
METRICS = [metric for shown in metrics_page.catalogue().values() for metric in shown]
KNOWN = {series: metric for metric in METRICS for series in metric.series}
RECORDED = {rule["record"] for rule in DEFINITION.rules()["groups"][0]["rules"]}


def names(expression: str) -> set[str]:
    """Of all series that it reads; names inside of label values do not count."""
    return set(NAME.findall(re.sub(r'"[^"]*"', '""', expression)))


def expressions() -> Iterator[tuple[str, str]]:
    """Every query of a panel and every expression of a rule."""
    for dashboard in observability_files.defined_dashboards():
        for panel in dashboard.panels:
            yield from ((f"{dashboard.uid}: {panel.title}", expr) for expr, _ in panel.queries)
    for group in DEFINITION.rules()["groups"]:
        yield from ((rule.get("alert") or rule["record"], rule["expr"]) for rule in group["rules"])


def test_every_name_in_a_rule_or_a_panel_is_one_that_is_shown() -> None:
    unknown = {
        (where, name)
        for where, expression in expressions()
        for name in names(expression) - KNOWN.keys() - RECORDED - OF_PROMETHEUS
    }
    assert not unknown
    assert names('sum(rate(palaver_misspelt_total{subject="palaver_x"}[5m]))') == {"palaver_misspelt_total"}


def test_every_metric_of_ours_is_on_a_dashboard() -> None:
    seen = {name for _, expression in expressions() for name in names(expression)}
    shown = {metric.name for metric in METRICS if metric.name.startswith("palaver_")}
    unseen = {name for name in shown if not any(one.startswith(name) for one in seen)}
    assert not unseen, "give them a panel in deploy/observability/dashboards.toml"


@pytest.mark.parametrize("alert", DEFINITION.alerts, ids=lambda alert: alert.name)
def test_an_alert_is_tested_on_series_with_the_labels_that_there_are(alert: Alert) -> None:
    for series, _ in (*alert.fires, *alert.quiet):
        name, _, labels = series.partition("{")
        if name not in OF_PROMETHEUS:
            bucket = {"le"} if name.endswith("_bucket") else set[str]()
            assert set(re.findall(r"(\w+)=", labels)) <= {*KNOWN[name].labels, *ADDED_BY_PROMETHEUS, *bucket}, series


def test_every_alert_has_its_page_and_every_page_an_alert() -> None:
    pages = {path.name for path in (ROOT / "docs/runbooks").glob("*.md")}
    assert pages == {alert.runbook for alert in DEFINITION.alerts}
    for page in pages:
        text = (ROOT / "docs/runbooks" / page).read_text(encoding="utf-8")
        assert text.startswith(f"# {page.removesuffix('.md')}\n")
        assert "\n## Look\n" in text
        assert "\n## Do\n" in text


def promtool(*words: str) -> None:
    """Run it where the rules are."""
    done = subprocess.run([installed(PROMTOOL), *words], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_nothing_wrong_with_configuration_and_rules() -> None:
    promtool("check", "config", "prometheus.yml")
    promtool("check", "rules", "rules.yml")


def test_every_alert_fires_on_its_series_and_is_quiet_on_others() -> None:
    tested = (PROMETHEUS / "rules_test.yml").read_text(encoding="utf-8")
    for alert in DEFINITION.alerts:
        assert tested.count(f'alertname=\\"{alert.name}\\",') == 2, alert.name
    promtool("test", "rules", "rules_test.yml")
