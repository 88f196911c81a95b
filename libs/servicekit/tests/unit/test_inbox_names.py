"""A service listens where its permissions let it."""

import pytest

from palaver.contracts.permissions import permissions_of
from palaver.servicekit.connection import inbox_prefix


@pytest.mark.parametrize("service", ["session", "model-router"])
def test_the_inbox_prefix_is_the_one_that_is_granted(service: str) -> None:
    assert f"{inbox_prefix(service)}.>" in permissions_of(service).subscribe
