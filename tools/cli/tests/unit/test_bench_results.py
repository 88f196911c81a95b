"""What a run says: targets judged by its figures, runs compared, pictures that are pictures."""

from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from palaver.cli.bench import comparison, scenarios
from palaver.cli.bench.ledger import Ledger
from palaver.cli.bench.observing import observed
from palaver.cli.bench.page import markdown
from palaver.cli.bench.plots import pictures
from palaver.cli.bench.results import Chart, Finding, Line, Measured, Results
from palaver.cli.bench.scenarios.profiles import summary
from palaver.cli.bench.suite import Wishes, chosen
from palaver.cli.bench.targets import TARGETS, judged
from palaver.cli.errors import CommandError


def row(name: str, cpu: float, *, lost: bool = False, beside: bool = False) -> Measured:
    ledger = Ledger(2)
    ledger.feed(" 0000000@1000;" + ("" if lost else " 0000001@2000;"), 3_000)
    seen = observed([(ledger, 0)], (0, 10_000))
    return Measured(name, "1 at 2 tokens/s", seen, 1.0, {"worker": cpu, "session": 1.0}, {"worker": cpu}, beside)


def results(cpu: float = 1e-4, gap_ms: float = 1.0) -> Results:
    costs = Finding(scenario="costs", rows=[row("product & all", cpu), row("beside", 9.0, beside=True)])
    costs.remarks.append("LiteLLM: not measured, no registry")
    latency = Finding(scenario="latency", charts=[Chart("Delay", "share", "ms", [Line("p<99", [(0.5, 1.0)])])])
    latency.say("added gap between tokens beyond the window, p99", gap_ms, "ms")
    return Results("short", "2026-01-01T00:00:00+00:00", {"cores": "2"}, [costs, latency])


def test_each_target_is_met_or_not_met_or_says_why_it_was_not_measured() -> None:
    by_name = {one.target.what: one for one in judged(results())}
    assert len(by_name) == len(TARGETS)
    assert by_name["added gap beyond the window, p99"].verdict == "met"
    assert by_name["CPU per token / LiteLLM's proxy"].why == "LiteLLM: not measured, no registry"
    assert by_name["memory of an idle connection"].why == "scenario idle was not part of this run"
    late = {one.target.what: one.verdict for one in judged(results(gap_ms=3.1))}
    assert late["added gap beyond the window, p99"] == "not met"


def test_a_target_of_a_scenario_that_failed_says_how() -> None:
    run = results()
    run.findings.append(Finding(scenario="stops", failed="TimeoutError: the client said nothing"))
    why = {one.target.scenario: one.why for one in judged(run)}
    assert why["stops"] == "TimeoutError: the client said nothing"
    assert not run.complete


def test_every_target_is_of_a_scenario_that_exists() -> None:
    assert {target.scenario for target in TARGETS} <= scenarios.every().keys()


def test_a_lost_token_of_any_scenario_is_a_fault_of_the_run() -> None:
    run = results()
    assert run.faultless
    run.findings[1].rows.append(row("lossy", 1e-4, lost=True))
    assert not run.faultless


def test_two_runs_are_compared_by_what_both_measured() -> None:
    changes = {change.name: change for change in comparison.changes(results(1e-4), results(2e-4))}
    assert changes["product & all: CPU per token"].ratio == pytest.approx(2.0)
    assert "beside: CPU per token" not in changes
    assert changes["latency: added gap between tokens beyond the window, p99"].ratio == 1.0


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_bytes(msgspec.json.encode(results()))
    assert comparison.load(file) == results()
    file.write_text("{")
    with pytest.raises(CommandError, match="is not a run"):
        comparison.load(file)


def test_pictures_are_well_formed_and_show_no_costs_that_are_of_more_than_tokens() -> None:
    drawn = pictures(results())
    assert drawn.keys() == {"costs-cpu", "latency-1"}
    for picture in drawn.values():
        ET.fromstring(picture)  # noqa: S314 - our own
    assert "product &amp; all" in drawn["costs-cpu"]
    assert "beside" not in drawn["costs-cpu"]


def test_the_page_has_every_target_and_every_row() -> None:
    text = markdown(results())
    assert all(target.what in text for target in TARGETS)
    assert "| product & all |" in text


def test_a_scenario_is_chosen_by_name_and_by_plan(tmp_path: Path) -> None:
    everything = scenarios.every()
    assert chosen(Wishes("full", (), tmp_path)).keys() == everything.keys()
    assert list(chosen(Wishes("tiny", ("storm",), tmp_path))) == ["storm"]
    with pytest.raises(CommandError, match="no scenario nothing"):
        chosen(Wishes("full", ("nothing",), tmp_path))
    with pytest.raises(CommandError, match="try --full"):
        chosen(Wishes("short", ("knee",), tmp_path))


def test_a_profile_counts_a_function_once_for_each_sample() -> None:
    text = summary(
        ["main (a/app.py:1);loop (b/loop.py:9);send (b/wire.py:3) 3", "main (a/app.py:1);loop (b/loop.py:7) 1"]
    )
    own, beneath = text.split("Share of 4 samples of running Python, with all it calls")
    assert "75.0 %  send (b/wire.py)" in own
    assert "25.0 %  loop (b/loop.py)" in own
    assert "100.0 %  loop (b/loop.py)" in beneath
