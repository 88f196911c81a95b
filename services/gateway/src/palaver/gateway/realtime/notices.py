"""Notices that the gateway words itself, encoded once per language."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from datetime import UTC, datetime
from functools import cache

from palaver.contracts.client_protocol import (
    DegradedNotice,
    DependencyState,
    RecoveredNotice,
    TokenExpiringData,
    TokenExpiringNotice,
)
from palaver.contracts.operations import Dependency
from palaver.gateway.language import Language
from palaver.gateway.realtime.frames import encode

_DOWN: dict[Language, dict[Dependency, str]] = {
    "en": {
        "postgres": "Storage is not available at the moment. Running answers go on; new messages wait and are kept.",
        "nats": "Messages cannot be passed on at the moment. Stay connected; what you send is sent again.",
        "redis": "Limits are kept locally at the moment; everything else works.",
    },
    "zh": {
        "postgres": "存储暂时不可用。正在生成的回答会继续，新消息会等待并保留。",
        "nats": "消息暂时无法传递。请保持连接，您发送的内容会自动重发。",
        "redis": "限额暂时在本地计算，其他功能正常。",
    },
}
_UP: dict[Language, dict[Dependency, str]] = {
    "en": {
        "postgres": "Storage is back.",
        "nats": "Messages are passed on again.",
        "redis": "Limits are shared again.",
    },
    "zh": {"postgres": "存储已恢复。", "nats": "消息传递已恢复。", "redis": "限额已恢复共享。"},
}


@cache
def dependency_notice(dependency: Dependency, language: Language, *, up: bool) -> bytes:
    """`service.recovered` if it is `up`, else `service.degraded`."""
    if up:
        return encode(RecoveredNotice(data=DependencyState(dependency=dependency, message=_UP[language][dependency])))
    return encode(DegradedNotice(data=DependencyState(dependency=dependency, message=_DOWN[language][dependency])))


def token_expiring(expires_at: float) -> bytes:
    """The access token of this connection ends at `expires_at` (seconds since the epoch)."""
    moment = datetime.fromtimestamp(expires_at, UTC)
    return encode(TokenExpiringNotice(data=TokenExpiringData(expires_at=moment)))
