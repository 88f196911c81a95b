"""Mails by SMTP."""

from email.message import EmailMessage

import aiosmtplib

from palaver.identity.errors import MailNotSentError
from palaver.identity.settings import MailSettings

PERMANENT = 500
"""RFC 5321, 4.2.1: 4yz may be tried again as it is, 5yz not."""


class SmtpMailer:
    """See `ports.Mailer`. One connection a mail: they are few."""

    local = False

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._password = settings.read_password()

    async def send(self, mail: EmailMessage) -> None:
        """See `ports.Mailer`."""
        settings = self._settings
        mail["From"] = settings.sender
        try:
            await aiosmtplib.send(
                mail,
                hostname=settings.host,
                port=settings.port,
                username=settings.user,
                password=self._password,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                cert_bundle=None if settings.ca_file is None else str(settings.ca_file),
                timeout=settings.timeout_seconds,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {refused.code for refused in error.recipients}
            raise MailNotSentError(f"recipient refused: {codes}", final=all(c >= PERMANENT for c in codes)) from None
        except aiosmtplib.SMTPDataError as error:
            raise MailNotSentError(f"mail refused: {error.code}", final=error.code >= PERMANENT) from None
        except ValueError:  # e.g. a name that only servers with SMTPUTF8 take
            raise MailNotSentError("not an address for this server", final=True) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailNotSentError(type(error).__name__, final=False) from None
