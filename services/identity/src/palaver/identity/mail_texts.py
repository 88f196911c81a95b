"""What is mailed to people, in their language. Plain text, no remote pictures, no tracking."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

from palaver.contracts.passwords import Language

_RESET: Final[dict[Language, tuple[str, str]]] = {
    "en": (
        "Set a new password for Palaver",
        """\
Hello {nickname},

somebody, probably you, asked for a new password for your Palaver account. This link sets it:

{link}

It works once, for {minutes} minutes. Setting a new password signs you out everywhere.
If it was not you, ignore this mail: nothing has changed.
""",
    ),
    "zh": (
        "重设您的 Palaver 密码",
        """\
{nickname}，您好：

有人（很可能是您本人）请求重设您的 Palaver 账户密码。请打开以下链接设置新密码：

{link}

该链接仅可使用一次，{minutes} 分钟内有效。设置新密码后，您将在所有设备上退出登录。
如果这不是您的操作，请忽略此邮件，您的账户没有任何变化。
""",
    ),
}


def reset_mail(*, to: str, nickname: str, link: str, minutes: int, language: Language) -> EmailMessage:
    """The mail with the link. Raises ValueError for an address that no mail can be sent to."""
    subject, text = _RESET[language]
    local, _, domain = to.rpartition("@")
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["To"] = Address(username=local, domain=domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.format(nickname=nickname, link=link, minutes=minutes))
    return mail
