"""Options of the fault tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--turns 500` for the whole run over bad keys; known where tests/fault is named on the command line."""
    parser.addoption("--turns", type=int, help="turns of the run over bad keys")
