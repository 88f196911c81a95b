"""Numbers and moments that people send: `true` is not 1, money is a number or its decimal digits, `7` is no moment."""

from typing import Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "Input should be a number")
    return value


NUMBER = BeforeValidator(_no_truth)
"""Beside the type of a number: pydantic takes `true` for 1, which a JSON Schema of a number does not."""


def _no_number(value: object) -> object:
    if isinstance(value, str) and value.replace(".", "").lstrip("+-").isdigit():
        raise PydanticCustomError("datetime_type", "Input should be a date and time")
    return value


MOMENT = BeforeValidator(_no_number)
"""Beside the type of a moment in a query string: pydantic takes a number for seconds since 1970."""


def money(*, whole_digits: int, places: int, positive: bool = False) -> WithJsonSchema:
    """The schema of a `Decimal` with so many digits at most: as a number, or as a string of digits."""
    most = 10**whole_digits
    number: dict[str, Any] = {"type": "number", "maximum": most}
    number |= {"exclusiveMinimum": 0} if positive else {"minimum": 0}
    more_than_nothing = r"(?=[0.]*[1-9])" if positive else ""
    digits = rf"^{more_than_nothing}[0-9]{{1,{whole_digits}}}(\.[0-9]{{1,{places}}})?$"
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": digits}]}, mode="validation")
