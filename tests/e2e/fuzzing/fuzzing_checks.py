"""Checks of our own for schemathesis, which loads this module by its name."""

import json
from http import HTTPStatus
from typing import Any

import schemathesis

BEYOND_A_SCHEMA = {"value_error", "decimal_max_places", "decimal_max_digits"}
"""A rule over several fields, and the digits of a JSON number."""


@schemathesis.check
def fits_and_is_not_called_malformed(ctx: Any, response: Any, case: Any) -> None:
    """What fits the document may be refused for what it says, never for its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
        return
    problems = json.loads(response.content)["error"]["details"].get("problems", [])
    form = [one for one in problems if one["problem"] not in BEYOND_A_SCHEMA]
    assert not form, f"fits the document, and is refused for its form: {form}"
