"""How a person wishes a model to answer them, in whatever room they pay for. Owned by model-router.

A seat's own settings in a room go before these. What a person has not chosen is not sent: the provider decides.
"""

from typing import Annotated, Literal

from pydantic import Field

from palaver.contracts.actors import Actor
from palaver.contracts.figures import NUMBER
from palaver.contracts.ids import UserId
from palaver.contracts.session_log import AnswerSettings
from palaver.contracts.subjects import Payload, control, query

Name = Literal["temperature", "max_tokens", "top_p"]
Temperature = Annotated[float, Field(ge=0, le=2), NUMBER]
TopP = Annotated[float, Field(ge=0, le=1), NUMBER]
MaxTokens = Annotated[int, Field(ge=1, le=10_000_000), NUMBER]


class ModelConfig(Payload):
    """A person's settings of a model, in the names and with the defaults that the field's clients expect.

    Only what is `chosen` is asked of the provider; the other figures are what clients show before anybody chose.
    """

    model_id: str
    temperature: float = 0.7
    max_tokens: int = 2_048
    top_p: float = 1.0
    chosen: tuple[Name, ...] = ()

    @property
    def settings(self) -> AnswerSettings:
        """What was chosen."""
        return AnswerSettings(
            temperature=self.temperature if "temperature" in self.chosen else None,
            top_p=self.top_p if "top_p" in self.chosen else None,
            max_output_tokens=self.max_tokens if "max_tokens" in self.chosen else None,
        )


class GetModelConfig(Payload):
    """The actor's settings of a model."""

    actor: Actor
    model_id: str = Field(max_length=200)


class PutModelConfig(GetModelConfig):
    """Choose; what is None is left to the provider again."""

    temperature: Temperature | None = None
    max_tokens: MaxTokens | None = None
    top_p: TopP | None = None


class ConfigsChanged(Payload):
    """A person chose differently."""

    user_id: UserId


CONFIG_CHANGED = control(
    "model-router.config.changed.v1", ConfigsChanged, "A person's settings of models are to be read anew."
)
CONFIG_GET = query("model-router.config.get.v1", GetModelConfig, ModelConfig, "A person's settings of a model.")
CONFIG_PUT = query(
    "model-router.config.update.v1", PutModelConfig, ModelConfig, "Change a person's settings of a model."
)
