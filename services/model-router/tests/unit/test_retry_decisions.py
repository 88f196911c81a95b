from dataclasses import replace

from palaver.model_router import catalogue
from palaver.model_router.catalogue import Catalogue
from palaver.model_router.domain import Elsewhere
from palaver.model_router.routing import RetryPolicy, endpoints_of, pause_before_retry, substitutes_of

POLICY = RetryPolicy()


def test_pauses_double_up_to_a_limit() -> None:
    pauses = [pause_before_retry(POLICY, failures=n, seconds_left=1e9, spread=0.5) for n in range(1, 8)]
    assert pauses == [0.5, 1, 2, 4, 8, 8, 8]


def test_pauses_are_spread() -> None:
    assert pause_before_retry(POLICY, failures=1, seconds_left=9, spread=0) == 0.375
    assert pause_before_retry(POLICY, failures=1, seconds_left=9, spread=1) == 0.625


def test_a_pause_beyond_the_turns_time_is_not_begun() -> None:
    assert pause_before_retry(POLICY, failures=3, seconds_left=1, spread=0.5) is None


def test_endpoints_come_before_fallback_models_each_once() -> None:
    shipped = catalogue.load()
    oak = replace(shipped.model("sim-oak"), also_at=(Elsewhere("sim-anthropic"),))
    swift = replace(
        shipped.model("sim-swift"),
        also_at=(Elsewhere("sim-responses", "swift-elsewhere"), Elsewhere("gone")),
        fallbacks=("sim-oak", "gone", "sim-swift"),
    )
    known = Catalogue(shipped.providers, [oak, swift])
    names = [(model.id, model.provider.id, model.upstream) for model in substitutes_of(swift, known)]
    assert names == [
        ("sim-swift", "sim-openai", "sim-swift"),
        ("sim-swift", "sim-responses", "swift-elsewhere"),
        ("sim-oak", "sim-openai", "sim-oak"),
        ("sim-oak", "sim-anthropic", "sim-oak"),
    ]
    assert [model.provider.id for model in endpoints_of(oak, known)] == ["sim-openai", "sim-anthropic"]
