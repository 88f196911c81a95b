"""What a provider says it offers to somebody's key, before any of it is in the catalogue. Owned by model-router."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from palaver.contracts.actors import Actor
from palaver.contracts.ids import KeyId
from palaver.contracts.subjects import Payload, query

Fact = Literal["window", "max_output", "input_price", "output_price"]


class DiscoverModels(Payload):
    """Ask a provider for its models. A provider that needs a key is asked with this one of the actor's."""

    actor: Actor
    provider: str = Field(max_length=80)
    key_id: KeyId | None = None


class DiscoveredModel(Payload):
    """A model by the provider's name for it. `model_ids`: under which it is in the catalogue already.

    What the provider tells goes before what the catalogue knows (`from_catalogue`); what neither knows is `unknown`,
    and to be found out before the model is registered. `longest_window` is what the model could read if its server
    let it; its server may be set to less. Prices are US dollars per 1,000 tokens.
    """

    upstream: str
    display_name: str | None = None
    model_ids: tuple[str, ...] = ()
    window: int | None = None
    longest_window: int | None = None
    max_output: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    from_catalogue: tuple[Fact, ...] = ()
    unknown: tuple[Fact, ...] = ()


class DiscoveredModels(Payload):
    """In the provider's order; `complete` is false where there were more than are shown."""

    provider: str
    models: tuple[DiscoveredModel, ...]
    complete: bool = True


MODEL_DISCOVER = query(
    "model-router.model.discover.v1",
    DiscoverModels,
    DiscoveredModels,
    "What a provider offers to somebody's key.",
    timeout_seconds=25.0,
)
