"""The use-case: people choose how a model answers them."""

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import UserId
from palaver.contracts.model_configs import GetModelConfig, ModelConfig, Name, PutModelConfig
from palaver.contracts.session_log import AnswerSettings
from palaver.model_router import config_store, registry_store
from palaver.model_router.config_store import NO_WISHES
from palaver.model_router.ports import RegistryNews
from palaver.model_router.registry import Registry
from palaver.model_router.wishes import Wishes
from palaver.servicekit.database import Database


class Configuration:
    """Everybody reads and changes their own."""

    def __init__(self, registry: Registry, database: Database, wishes: Wishes, news: RegistryNews) -> None:
        self._registry = registry
        self._database = database
        self._wishes = wishes
        self._news = news

    async def read(self, request: GetModelConfig) -> ModelConfig:
        """What the actor chose. Raises Failure(MODEL_NOT_FOUND), Unavailable."""
        await self._registry.model(request.model_id)
        async with self._database.read() as conn:
            chosen = await config_store.read(conn, request.actor.user_id)
        return _config(request.model_id, chosen.get(request.model_id, NO_WISHES))

    async def change(self, request: PutModelConfig) -> ModelConfig:
        """Keep what the actor chose; from their next turn on it is asked of the provider, as far as the model takes it.

        Raises Failure(MODEL_NOT_FOUND, VALIDATION_FAILED), Unavailable.
        """
        model = await self._registry.model(request.model_id)
        if request.max_tokens is not None and request.max_tokens > model.max_output:
            raise Failure(
                ErrorCode.VALIDATION_FAILED,
                f"This model writes {model.max_output} tokens at most.",
                field="max_tokens",
                maximum=model.max_output,
            )
        chosen = AnswerSettings(
            temperature=request.temperature, top_p=request.top_p, max_output_tokens=request.max_tokens
        )
        user_id = request.actor.user_id
        async with self._database.transaction() as conn:
            await config_store.put(conn, user_id, request.model_id, chosen)
        self._wishes.forget(user_id)
        await self._news.configs_changed(user_id)
        return _config(request.model_id, chosen)

    async def forget(self, user_id: UserId) -> None:
        """A person is gone: nothing here tells of them. Raises Unavailable."""
        async with self._database.transaction() as conn:
            await config_store.forget(conn, user_id)
            await registry_store.lock(conn)  # so that every worker reads anew who changed what
            await registry_store.forget_person(conn, user_id)
        self._wishes.forget(user_id)
        await self._news.configs_changed(user_id)


def _config(model_id: str, chosen: AnswerSettings) -> ModelConfig:
    said: dict[Name, float | int | None] = {
        "temperature": chosen.temperature,
        "max_tokens": chosen.max_output_tokens,
        "top_p": chosen.top_p,
    }
    values = {name: value for name, value in said.items() if value is not None}
    return ModelConfig.model_validate({"model_id": model_id, **values, "chosen": tuple(values)})
