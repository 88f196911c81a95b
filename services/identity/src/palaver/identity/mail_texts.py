"""What is mailed to people, in their language. Plain text, no remote pictures, no tracking."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

from palaver.contracts.passwords import Language
from palaver.identity.errors import MailNotSentError


@dataclass(frozen=True, slots=True)
class Text:
    """A mail that is not addressed yet."""

    subject: str
    body: str


_RESET: Final[dict[Language, Text]] = {
    "en": Text(
        "Set a new password for Palaver",
        """\
Hello {nickname},

somebody, probably you, asked for a new password for your Palaver account. This link sets it:

{link}

It works once, for {minutes} minutes. Setting a new password signs you out everywhere.
If it was not you, ignore this mail: nothing has changed.
""",
    ),
    "zh": Text(
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

_INVITATION: Final[dict[Language, Text]] = {
    "en": Text(
        "You are invited to Palaver",
        """\
Hello,

{inviter} invites you to Palaver, a room in which several language models and you talk. This link opens your account:

{link}

It works once, for this e-mail address, until {until}.
If you do not know what this is about, ignore this mail: nothing happens.
""",
    ),
    "zh": Text(
        "邀请您加入 Palaver",
        """\
您好：

{inviter} 邀请您加入 Palaver：在同一个房间里与多个语言模型对话。请打开以下链接创建您的账户：

{link}

该链接仅可使用一次，仅限此邮箱，有效期至 {until}。
如果您不清楚此事，请忽略此邮件，不会发生任何变化。
""",
    ),
}

_FACTOR_RESET: Final[dict[Language, Text]] = {
    "en": Text(
        "Your second factor for Palaver was removed",
        """\
Hello {nickname},

an administrator removed the second factor of your Palaver account, as is done for somebody who has lost it. From now on
your password alone signs you in; please set a second factor up again under your account.
If you did not ask for this, change your password and speak to whoever runs this installation.
""",
    ),
    "zh": Text(
        "您的 Palaver 两步验证已被移除",
        """\
{nickname}，您好：

管理员已移除您 Palaver 账户的两步验证（通常用于验证器丢失的情况）。
现在仅凭密码即可登录，请在账户设置中重新开启两步验证。
如果这不是您要求的，请立即修改密码，并联系此服务器的管理员。
""",
    ),
}


def reset_text(language: Language, *, nickname: str, link: str, minutes: int) -> Text:
    """With the link that sets a new password."""
    text = _RESET[language]
    return Text(text.subject, text.body.format(nickname=nickname, link=link, minutes=minutes))


def invitation_text(language: Language, *, inviter: str, link: str, until: datetime) -> Text:
    """With the link that opens an account."""
    text = _INVITATION[language]
    return Text(text.subject, text.body.format(inviter=inviter, link=link, until=f"{until:%Y-%m-%d %H:%M} UTC"))


def factor_reset_text(language: Language, *, nickname: str) -> Text:
    """What an administrator did."""
    text = _FACTOR_RESET[language]
    return Text(text.subject, text.body.format(nickname=nickname))


def addressed(to: str, text: Text) -> EmailMessage:
    """The mail. Raises MailNotSentError for an address that no mail can be sent to."""
    local, _, domain = to.rpartition("@")
    mail = EmailMessage()
    try:
        mail["To"] = Address(username=local, domain=domain)
    except ValueError:
        raise MailNotSentError("not an address for mail", final=True) from None
    mail["Subject"] = text.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text.body)
    return mail
