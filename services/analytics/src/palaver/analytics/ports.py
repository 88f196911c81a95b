"""What this service needs of its neighbours, named by role."""

from typing import Protocol

from palaver.contracts.model_router import ModelCard


class Prices(Protocol):
    """What models cost."""

    async def card(self, model_id: str) -> ModelCard | None:
        """A model's card; None for one that is not in the catalogue. Raises Unavailable."""
        ...
