"""Which language a client reads, and the sentences that the gateway says itself."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from typing import Final, Literal, TypeAlias

from palaver.contracts.failures import ErrorCode, FailureBody

Language: TypeAlias = Literal["en", "zh"]
DEFAULT: Final[Language] = "en"
MAX_HEADER_CHARACTERS = 200


def language_of(accept_language: str | None) -> Language:
    """The best of our languages for an `Accept-Language` header (RFC 9110), English where none fits."""
    best: Language = DEFAULT
    best_weight = 0.0
    for item in (accept_language or "")[:MAX_HEADER_CHARACTERS].split(","):
        tag, _, parameter = item.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if primary in ("en", "zh") and weight > best_weight:
            best, best_weight = ("zh" if primary == "zh" else "en"), weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def localised(body: FailureBody, language: Language) -> FailureBody:
    """The failure in the client's language: services write English, so other languages get the sentence of the code."""
    if language == DEFAULT:
        return body
    return body.model_copy(update={"message": _CHINESE[body.code]})


_CHINESE: Final[dict[ErrorCode, str]] = {
    ErrorCode.UNAUTHENTICATED: "请先登录。",
    ErrorCode.TOKEN_EXPIRED: "登录已过期，请重新登录。",
    ErrorCode.INVALID_CREDENTIALS: "邮箱或密码不正确。",
    ErrorCode.REFRESH_REUSED: "此登录凭证已被使用，出于安全考虑请重新登录。",
    ErrorCode.SECOND_FACTOR_REQUIRED: "还需要您的身份验证器中的验证码。",
    ErrorCode.SECOND_FACTOR_INVALID: "验证码错误或已使用。",
    ErrorCode.RESET_LINK_INVALID: "此重置链接已使用或已过期，请重新申请。",
    ErrorCode.MAIL_NOT_CONFIGURED: "此服务器尚未配置邮件，请联系管理员。",
    ErrorCode.SIGN_IN_ENDED: "此登录已被结束，请重新登录。",
    ErrorCode.FORBIDDEN: "您没有权限执行此操作。",
    ErrorCode.ORIGIN_NOT_ALLOWED: "不允许来自该网站的请求。",
    ErrorCode.SIGN_IN_TOO_OLD: "请重新登录后再执行此操作。",
    ErrorCode.OAUTH_FAILED: "第三方登录未成功，请重试。",
    ErrorCode.VALIDATION_FAILED: "请求内容无效。",
    ErrorCode.UNKNOWN_TYPE: "服务器不认识这种消息类型。",
    ErrorCode.NOT_FOUND: "未找到。",
    ErrorCode.CONFLICT: "与当前状态冲突。",
    ErrorCode.EMAIL_TAKEN: "该邮箱已被注册。",
    ErrorCode.REGISTRATION_CLOSED: "注册已关闭。",
    ErrorCode.SESSION_NOT_FOUND: "未找到该会话。",
    ErrorCode.SESSION_ARCHIVED: "该会话已归档。",
    ErrorCode.NOT_ATTACHED: "尚未订阅该会话。",
    ErrorCode.NO_ACTIVE_PARTICIPANT: "没有可以回答的模型。",
    ErrorCode.TOO_MANY_PARTICIPANTS: "会话中的模型过多。",
    ErrorCode.TOO_MANY_SESSIONS: "会话过多。",
    ErrorCode.TOO_MANY_CONNECTIONS: "连接过多，请稍后再试。",
    ErrorCode.MESSAGE_TOO_LONG: "消息过长。",
    ErrorCode.FRAME_TOO_LARGE: "请求过大。",
    ErrorCode.MODEL_NOT_FOUND: "未找到该模型。",
    ErrorCode.RATE_LIMITED: "请求过于频繁，请稍后再试。",
    ErrorCode.QUOTA_EXCEEDED: "额度已用完。",
    ErrorCode.CONTEXT_OVERFLOW: "内容超出模型的上下文长度。",
    ErrorCode.TOO_MANY_PINNED: "置顶的消息过多，请先取消一些。",
    ErrorCode.TOO_MANY_PERSONAS: "角色过多，请先删除一些。",
    ErrorCode.PERSONA_NOT_FOUND: "未找到该角色。",
    ErrorCode.LAST_OWNER: "这是唯一的所有者账户，请先指定另一位所有者。",
    ErrorCode.INVITATION_REQUIRED: "需要邀请才能注册，请联系管理员。",
    ErrorCode.INVITATION_INVALID: "此邀请已使用、已失效，或不适用于该邮箱，请重新申请。",
    ErrorCode.KEY_MISSING: "尚未添加该服务商的密钥。",
    ErrorCode.KEY_INVALID: "密钥无效。",
    ErrorCode.KEY_LOCKED: "密钥已锁定，请先在密钥页解锁。",
    ErrorCode.PASSPHRASE_WRONG: "密钥口令不正确。",
    ErrorCode.KEY_QUOTA_EXCEEDED: "该密钥的额度已用完。",
    ErrorCode.PROVIDER_REFUSED: "模型服务商拒绝了请求。",
    ErrorCode.PROVIDER_QUOTA: "模型服务商的额度已用完。",
    ErrorCode.PROVIDER_RATE_LIMITED: "模型服务商限制了请求频率。",
    ErrorCode.PROVIDER_UNAVAILABLE: "模型服务商暂时不可用。",
    ErrorCode.PROVIDER_TIMEOUT: "模型服务商未及时响应。",
    ErrorCode.PROVIDER_STREAM_BROKEN: "模型服务商的回答中断了。",
    ErrorCode.STOPPED: "已停止。",
    ErrorCode.INTERRUPTED: "已中断。",
    ErrorCode.TIMEOUT: "请求超时。",
    ErrorCode.SERVICE_UNAVAILABLE: "服务暂时不可用，请稍后再试。",
    ErrorCode.INTERNAL: "服务器内部错误。",
}
