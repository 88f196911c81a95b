"""Mails as files, where there is no mail server: for one machine, and whoever sits at it."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import structlog

from palaver.contracts.ids import new_id
from palaver.identity.errors import MailNotSentError
from palaver.servicekit.embedded.private_file import write_private

OWNER_ONLY = 0o700
SENDER = "palaver@localhost"

_log = structlog.get_logger()


class MailFolder:
    """See `ports.Mailer`. The log says where a mail lies, and nothing of what is in it."""

    local = True

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, mail: EmailMessage) -> None:
        """See `ports.Mailer`."""
        mail["From"] = SENDER
        path = self._directory / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{new_id()}.eml"
        try:
            await asyncio.to_thread(self._write, path, mail.as_bytes(policy=SMTP).decode())
        except OSError as error:
            raise MailNotSentError(error.strerror or type(error).__name__, final=False) from None
        _log.info("mail_left", path=str(path))

    def _write(self, path: Path, text: str) -> None:
        self._directory.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        self._directory.chmod(OWNER_ONLY)
        write_private(path, text)
