"""A real SMTP server that keeps what it is given."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"


@dataclass
class PostOffice:
    """Speaks SMTP; `answers` are given to RCPT in turn, then everything is taken."""

    port: int = 0
    answers: list[str] = field(default_factory=list[str])
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    signed_in_as: list[str] = field(default_factory=list[str])
    _mails: "asyncio.Queue[EmailMessage]" = field(default_factory=asyncio.Queue[EmailMessage])

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator["PostOffice"]:
        """On the same port each time."""

        def connection() -> asyncio.Protocol:
            return SMTP(
                self,
                hostname="localhost",
                tls_context=self.tls,
                require_starttls=self.tls is not None,
                authenticator=self._authenticate,
                auth_required=self.login is not None,
            )

        server = await asyncio.get_running_loop().create_server(connection, LOOPBACK, self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def next(self) -> EmailMessage:
        """The next mail that comes."""
        async with asyncio.timeout(15):
            return await self._mails.get()

    @property
    def is_empty(self) -> bool:
        """Whether every mail was read."""
        return self._mails.empty()

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        self.signed_in_as.append(given[0])
        return AuthResult(success=given == self.login)

    async def handle_RCPT(  # noqa: N802 - the names and the order are aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Whether somebody gets mail here."""
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keep it."""
        self._mails.put_nowait(message_from_bytes(envelope.content, policy=policy.default))
        return "250 Kept"


def self_signed(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context, and the certificate that its clients must know."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post office")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = directory / "post-office.pem", directory / "post-office.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context, pem
