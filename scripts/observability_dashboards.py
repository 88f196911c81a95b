"""Grafana dashboards, made from `deploy/observability/dashboards.toml`. Pure: text in, text out."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLUMNS, WIDTH, HEIGHT = 24, 8, 7
SCHEMA_VERSION = 39  # Grafana 10.4 and later read it
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Panel:
    """One question and its queries, (expression, legend). `zero`: nothing to show is fine."""

    title: str
    queries: list[tuple[str, str]]
    unit: str = "short"
    stat: bool = False
    zero: bool = False


@dataclass(frozen=True)
class Dashboard:
    """Some questions that belong together."""

    uid: str
    title: str
    meaning: str
    panels: list[Panel]


def read(path: Path) -> list[Dashboard]:
    """All of them, in order."""
    return [
        Dashboard(one["uid"], one["title"], one["meaning"], [Panel(**panel) for panel in one["panel"]])
        for one in tomllib.loads(path.read_text(encoding="utf-8"))["dashboard"]
    ]


def as_json(dashboard: Dashboard) -> str:
    """As Grafana reads it from a file."""
    whole = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.meaning,
        "tags": ["palaver"],
        "editable": False,
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [
            {"type": "dashboards", "title": "Palaver", "tags": ["palaver"], "keepTime": True, "asDropdown": True}
        ],
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}],
        },
        "annotations": {"list": [_firing()]},
        "panels": list(_panels(dashboard)),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _firing() -> dict[str, Any]:
    return {
        "name": "Alerts that page",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing",severity="page"}',
        "titleFormat": "{{alertname}}",
    }


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    for number, panel in enumerate(dashboard.panels):
        row, place = divmod(number, COLUMNS // WIDTH)
        yield {
            "id": number + 1,
            "title": panel.title,
            "type": "stat" if panel.stat else "timeseries",
            "datasource": SOURCE,
            "gridPos": {"x": place * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
            "fieldConfig": {
                "defaults": {"unit": panel.unit, "min": 0, "noValue": "0" if panel.zero else "-"},
                "overrides": [],
            },
            "options": {}
            if panel.stat
            else {"tooltip": {"mode": "multi", "sort": "desc"}, "legend": {"showLegend": True}},
            "targets": [
                {
                    "refId": chr(ord("A") + n),
                    "datasource": SOURCE,
                    "expr": expr,
                    "legendFormat": legend,
                    "instant": panel.stat,
                }
                for n, (expr, legend) in enumerate(panel.queries)
            ],
        }
