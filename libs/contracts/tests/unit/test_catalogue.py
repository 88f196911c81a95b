"""The catalogue is whole and says nothing twice."""

from collections import Counter
from fnmatch import fnmatch

import pytest

from palaver.contracts.catalogue import DURABLES, GRANTS, QUERIES, SUBJECTS
from palaver.contracts.permissions import check_consistency, inbox_prefix, permissions_of
from palaver.contracts.session import LOG_EVENTS, POST_MESSAGE, partition_of
from palaver.contracts.session_log import EVENT_TYPES


def test_the_catalogue_does_not_contradict_itself():
    check_consistency()


def test_no_address_is_declared_twice():
    stems = Counter(s.address.stem for s in SUBJECTS) + Counter(q.address.stem for q in QUERIES)
    assert [stem for stem, times in stems.items() if times > 1] == []


def test_every_query_is_asked_by_somebody_and_every_owner_is_a_service():
    asked = {q.address.stem for grants in GRANTS.values() for q in grants.asks}
    assert {q.address.stem for q in QUERIES} == asked
    assert {s.address.owner for s in SUBJECTS} | {q.address.owner for q in QUERIES} <= set(GRANTS)


def test_the_name_of_a_log_entry_is_the_name_of_its_subject_and_of_its_class():
    for kind in EVENT_TYPES:
        name = kind.model_fields["name"].default
        assert LOG_EVENTS[name].address.wildcard == f"evt.session.{name}.v1.*"
        assert kind.__name__ == name.replace(".", "_").title().replace("_", "")


def test_filters_of_one_work_queue_do_not_overlap():
    filters = [f for d in DURABLES.values() if d.stream.work_queue for f in d.subjects]
    assert len(set(filters)) == len(filters)
    overlaps = [(a, b) for a in filters for b in filters if a != b and fnmatch(a, b)]
    assert overlaps == []


def test_no_service_may_read_another_ones_inbox_or_publish_in_its_name():
    for service in GRANTS:
        mine = permissions_of(service)
        assert f"{inbox_prefix(service)}.>" in mine.subscribe
        assert not any(s.startswith(("_INBOX.", "_INBOX_")) and inbox_prefix(service) not in s for s in mine.subscribe)
        foreign_events = [s for s in mine.publish if s.startswith("evt.") and not s.startswith(f"evt.{service}.")]
        assert foreign_events == []
        assert ">" not in mine.publish
        assert ">" not in mine.subscribe


def test_a_session_always_posts_to_the_same_of_sixteen_partitions():
    partitions = {partition_of(f"01a1fd18-a086-73cf-a65a-{n:012x}") for n in range(500)}
    assert partitions == {str(n) for n in range(16)}
    assert POST_MESSAGE.at(partition_of("s"), "s") == POST_MESSAGE.at(partition_of("s"), "s")


@pytest.mark.parametrize("key", ["", "a.b", "a b", "*", ">", "a\n"])
def test_a_key_that_is_not_one_token_is_refused(key: str):
    with pytest.raises(ValueError, match="token"):
        POST_MESSAGE.at("1", key)
