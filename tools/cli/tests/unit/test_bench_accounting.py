"""The benchmark's accounting of tokens: it must see each way in which a token can go wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palaver.cli.bench.ledger import LONGEST_OVERTAKEN_US, Ledger
from palaver.cli.bench.load import Load
from palaver.cli.bench.observing import observed
from palaver.cli.bench.roles.chunks import ChunkReader
from palaver.cli.bench.statistics import curve, percentile


def token(number: int, sent_us: int = 1_000) -> str:
    return f" {number:07}@{sent_us};"


def told(*numbers: int, of: int) -> Ledger:
    ledger = Ledger(of)
    for number in numbers:
        ledger.feed(token(number), 3_000)
    return ledger


def test_tokens_that_come_once_and_in_order_are_faultless_and_their_delay_is_known() -> None:
    seen = observed([(told(0, 1, 2, of=3), 1_000)], (0, 10_000))
    assert seen.faultless
    assert (seen.tokens, seen.tokens_measured) == (3, 3)
    assert seen.delay_ms == (2.0, 2.0)
    assert seen.first_token_ms == (2.0, 2.0)


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [((0, 2), "lost"), ((0, 1, 1, 2), "repeated"), ((0, 2, 1), "disordered"), ((0, 1, 2, 3), "foreign")],
)
def test_each_fault_is_seen(numbers: tuple[int, ...], fault: str) -> None:
    seen = observed([(told(*numbers, of=3), 0)], (0, 10_000))
    assert getattr(seen, fault) == 1
    assert not seen.faultless


def test_what_arrives_outside_the_measured_time_is_counted_but_not_measured() -> None:
    seen = observed([(told(0, 1, of=2), 0)], (5_000, 6_000))
    assert (seen.tokens, seen.tokens_measured, seen.lost) == (2, 0, 0)


def test_what_the_final_text_overtook_is_no_fault_but_what_was_lost_before_it_is() -> None:
    ledger = told(0, 2, of=5)
    ledger.close("".join(map(token, range(4))), 3_000)
    assert (ledger.healed, ledger.overtaken, ledger.lost) == (1, 1, 1)
    seen = observed([(told(0, 1, of=2), 0)], (0, 10_000))
    assert seen.faultless
    healed = told(0, 2, of=3)
    healed.close("".join(map(token, range(3))), 3_000)
    assert not observed([(healed, 0)], (0, 10_000)).faultless


def test_an_end_that_waited_for_longer_than_anything_may_wait_was_lost() -> None:
    ledger = told(0, of=2)
    ledger.close(token(0) + token(1, sent_us=1_000), 1_000 + LONGEST_OVERTAKEN_US + 1)
    assert (ledger.healed, ledger.overtaken) == (1, 0)


def test_a_snapshot_stands_in_for_deltas_and_the_next_delta_goes_on_where_it_ends() -> None:
    ledger = told(0, of=4)
    text = "".join(map(token, range(4)))
    cut = len(text) - 5
    ledger.catch_up(text[:cut], 4_000)
    ledger.feed(text[cut:], 5_000)
    seen = observed([(ledger, 0)], (0, 10_000))
    assert (seen.from_snapshot, seen.lost, seen.repeated) == (2, 0, 0)
    assert seen.faultless


def test_the_added_gap_is_what_the_way_adds_to_the_providers() -> None:
    ledger = Ledger(3)
    for number, (sent, arrived) in enumerate(((1_000, 2_000), (11_000, 12_000), (21_000, 25_000))):
        ledger.feed(token(number, sent), arrived)
    assert observed([(ledger, 0)], (0, 100_000)).added_gap_ms == (0.0, 3.0)


def test_wide_and_narrow_tokens_are_read_alike() -> None:
    for wide in (True, False):
        load = Load(1, 3, 1.0, wide=wide)
        ledger = Ledger(3)
        pieces = [load.script_text[begin : begin + 8] for begin in range(0, 24, 8)]
        ledger.feed("".join(f"{piece}@1;" for piece in pieces), 2)
        assert ledger.complete


@given(cuts=st.lists(st.integers(1, 80), max_size=20))
def test_any_split_of_the_text_gives_the_same_account(cuts: list[int]) -> None:
    text = "".join(map(token, range(10)))
    ledger, begin = Ledger(10), 0
    for end in (*sorted(cuts), len(text)):
        ledger.feed(text[begin:end], 2_000)
        begin = max(begin, end)
    assert (ledger.complete, ledger.repeated, ledger.disordered) == (True, 0, 0)


@given(cuts=st.lists(st.integers(1, 150), max_size=20))
def test_a_provider_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    stream = b"".join(b'data: {"choices":[{"delta":{"content":"%d"}}]}\n\n' % n for n in range(3)) + b"data: [DONE]\n\n"
    reader, texts, begin = ChunkReader(), list[str](), 0
    for end in (*sorted(cuts), len(stream)):
        texts += reader.feed(stream[begin:end])
        begin = max(begin, end)
    assert texts == ["0", "1", "2"]


def test_percentiles_are_nearest_ranks() -> None:
    assert percentile(range(1, 101), 0.5) == 50
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([], 0.99) == 0
    assert curve(range(1, 101))[-1] == 100
    assert curve([]) == []


def test_a_load_is_measured_only_while_all_its_streams_run() -> None:
    load = Load(streams=10, tokens=500, rate=50.0, ramp_seconds=1.0)
    begin, end = load.measured
    assert begin > load.starts_at(9)
    assert end < load.starts_at(0) + load.seconds
