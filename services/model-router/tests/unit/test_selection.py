from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from palaver.contracts.ids import KeyId
from palaver.model_router.selection import IDLE, Candidate, Load, ranked

KEYS = st.lists(
    st.builds(
        Candidate,
        id=st.integers(0, 5).map(lambda number: KeyId(f"key-{number}")),
        weight=st.integers(1, 10),
        order=st.integers(0, 2),
        scope=st.sampled_from(("personal", "shared")),
    ),
    max_size=6,
    unique_by=lambda key: key.id,
)
LOADS = st.dictionaries(
    st.integers(0, 5).map(lambda number: KeyId(f"key-{number}")), st.builds(Load, st.integers(0, 50), st.integers(0, 9))
)


def spread_of(candidates: list[Candidate], calls: int) -> Counter[str | None]:
    """Calls that all run at once, each with the key that comes first."""
    loads: dict[KeyId | None, Load] = {}
    chosen: Counter[str | None] = Counter()
    for number in range(calls):
        first = ranked(candidates, loads)[0]
        chosen[first.id] += 1
        loads[first.id] = Load(loads.get(first.id, IDLE).in_flight + 1, number + 1)
    return chosen


def test_calls_are_spread_by_weight() -> None:
    keys = [Candidate(KeyId("a"), weight=3), Candidate(KeyId("b"), weight=1)]
    assert spread_of(keys, 40) == {"a": 30, "b": 10}


def test_keys_that_are_equally_busy_take_turns() -> None:
    loads: dict[KeyId | None, Load] = {}
    keys = [Candidate(KeyId(name)) for name in "abc"]
    order: list[str | None] = []
    for number in range(6):
        first = ranked(keys, loads)[0]
        order.append(first.id)
        loads[first.id] = Load(0, number + 1)
    assert order == ["a", "b", "c", "a", "b", "c"]


def test_ones_own_keys_go_before_shared_ones_and_then_by_order() -> None:
    shared = Candidate(KeyId("shared"), scope="shared", weight=100)
    second = Candidate(KeyId("second"), order=1, weight=100)
    first = Candidate(KeyId("first"))
    busy = {first.id: Load(in_flight=1_000)}
    assert [key.id for key in ranked([shared, second, first], busy)] == ["first", "second", "shared"]


@given(KEYS, LOADS)
def test_each_key_is_ranked_once_and_never_before_a_lower_tier(
    keys: list[Candidate], loads: dict[KeyId | None, Load]
) -> None:
    order = ranked(keys, loads)
    assert Counter(order) == Counter(keys)
    assert [key.tier for key in order] == sorted(key.tier for key in keys)
    for one, other in pairwise(order):
        if one.tier == other.tier:
            busy = [(loads.get(key.id, IDLE).in_flight + 1) / key.weight for key in (one, other)]
            assert busy[0] <= busy[1]
