"""Loads the real servers that tests of every member use, and puts the longest tests first."""

import pytest

pytest_plugins = ("palaver.servicekit.testing.fixtures", "palaver.servicekit.testing.kits")

LONGEST_FIRST = ("tests/e2e/test_fuzzed_api.py", "tests/fault", "tests/e2e", "tools/cli", "tests")
"""Files and folders. What nobody begins until the end keeps one processor busy and the others idle."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files stay together and keep their order, which the workers of one run must agree on."""

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(config.rootpath).as_posix()
        return next((place for place, first in enumerate(LONGEST_FIRST) if path.startswith(first)), len(LONGEST_FIRST))

    items.sort(key=rank)
