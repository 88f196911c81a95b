import gc

from palaver.servicekit.collector import forget_what_is_built


def test_a_full_collection_no_longer_walks_over_what_was_built() -> None:
    built = [[number] for number in range(1000)]
    try:
        forget_what_is_built()
        watched = {id(thing) for thing in gc.get_objects()}
        assert not any(id(one) in watched for one in built)
        later: list[object] = [[1]]
        assert any(thing is later for thing in gc.get_objects())
    finally:
        gc.unfreeze()
