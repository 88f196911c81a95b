"""Directors are pure and found by entry point."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from palaver.contracts.failures import Failure
from palaver.contracts.ids import ParticipantId
from palaver.session import directors
from palaver.session.directors import Director, Directors, EndRound, RoundOpened, Speak, Speaker, StepEnded
from palaver.session.directors.parallel import DIRECTOR as PARALLEL
from palaver.session.directors.single import DIRECTOR as SINGLE

SPEAKERS = tuple(Speaker(ParticipantId(name), name.title(), f"demo/{name}") for name in ("ada", "bo"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPENED = RoundOpened(1, NOW, 7, SPEAKERS)
ENDED = StepEnded(1, 1, NOW, 7, SPEAKERS, ())


def test_parallel_lets_everyone_speak_in_one_step() -> None:
    assert PARALLEL.direct({}, OPENED).step == Speak((ParticipantId("ada"), ParticipantId("bo")))
    assert PARALLEL.direct({}, ENDED).step == EndRound()


def test_single_has_one_seat_and_one_speaker() -> None:
    assert SINGLE.max_participants == 1
    assert SINGLE.direct({}, OPENED).step == Speak((ParticipantId("ada"),))
    assert SINGLE.direct({}, ENDED).step == EndRound()


@pytest.mark.parametrize("director", [PARALLEL, SINGLE])
def test_a_director_keeps_what_it_remembers(director: Director) -> None:
    memory: Mapping[str, object] = {"asked": 3}
    assert director.direct(memory, OPENED).state == memory
    assert director.direct(memory, ENDED).state == memory


def test_the_built_in_modes_are_installed() -> None:
    installed = Directors.installed()
    assert installed.named("parallel") is PARALLEL
    assert installed.named("single") is SINGLE
    with pytest.raises(Failure) as unknown:
        installed.named("nonsense")
    assert unknown.value.details["modes"] == ["parallel", "single"]


def test_an_entry_point_that_is_no_director_is_refused(tmp_path_with_mode: None) -> None:
    with pytest.raises(TypeError, match="broken"):
        Directors.installed()


@pytest.fixture
def tmp_path_with_mode(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third party's distribution on the import path whose mode is not a `Director`."""
    site = tmp_path_factory.mktemp("site")
    info = site / "broken_modes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-modes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{directors.GROUP}]\nbroken = builtins:print\n")
    monkeypatch.syspath_prepend(str(site))
