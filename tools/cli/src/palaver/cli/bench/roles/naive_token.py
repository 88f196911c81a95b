"""What a naive pipeline sends for each token: a pydantic model."""

from typing import Literal

from pydantic import BaseModel


class Token(BaseModel):
    """The same fields as a delta of the product, and whose stream it is of."""

    type: Literal["delta"] = "delta"
    stream: int
    turn_id: str
    attempt: int
    offset: int
    text: str
