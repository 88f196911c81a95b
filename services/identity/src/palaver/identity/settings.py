"""Everything about this service that an operator may set."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from palaver.contracts.invitations import RegistrationMode
from palaver.contracts.oauth import OAuthName
from palaver.identity.oauth_settings import OAuthSettings
from palaver.identity.opaque import digest_of
from palaver.servicekit.secret_keys import SecretKey
from palaver.servicekit.settings import DatabaseSettings, RedisSettings, ServiceSettings, service_config

MIN_CODE_CHARACTERS = 32
"""Of `secrets.token_urlsafe`: more than 128 bits."""

OWASP_MEMORY_KIB = 19_456
OWASP_ITERATIONS = 2
OWASP_PARALLELISM = 1
"""OWASP Password Storage Cheat Sheet, Argon2id: "a minimum configuration of 19 MiB of memory, an iteration count of 2,
and 1 degree of parallelism"."""

DAY = 24 * 3600
Seconds = Annotated[int, Field(gt=0)]
PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _unguessable(code: SecretStr | None) -> SecretStr | None:
    if code is not None and len(code.get_secret_value()) < MIN_CODE_CHARACTERS:
        raise ValueError(f"A sign-in code needs {MIN_CODE_CHARACTERS} random characters or more.")
    return code


class MailSettings(BaseModel):
    """A mail server."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field(min_length=1, description="Name of the SMTP server.")
    port: int = Field(587, ge=1, le=65535, description="587 with STARTTLS, 465 with TLS from the first byte.")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="`none` only without a password.")
    user: str | None = Field(None, description="Whom to sign in as; nobody by default.")
    password: SecretStr | None = Field(None, description="Their password.")
    password_file: Path | None = Field(None, description="A file that holds it, in the place of `password`.")
    sender: str = Field(min_length=3, description="From whom mails come, e.g. Palaver <palaver@example.org>.")
    ca_file: Path | None = Field(None, description="CA certificates that vouch for it; the system's by default.")
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(30.0, description="Patience for each answer.")

    def read_password(self) -> str | None:
        """Raises OSError."""
        if self.password_file is not None:
            return self.password_file.read_text().strip()
        return None if self.password is None else self.password.get_secret_value()

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        given = self.password is not None or self.password_file is not None
        if given and self.security == "none":
            raise ValueError("A password is not sent without encryption: set security to starttls or tls.")
        if given != (self.user is not None):
            raise ValueError("A user and a password go together.")
        return self


class Settings(ServiceSettings):
    """Settings of the identity service."""

    model_config = service_config("identity")

    database: DatabaseSettings
    redis: RedisSettings
    sealing_key: SecretKey = Field(description="X25519 private key that sign-in secrets are sealed to.")
    signing_key: SecretKey = Field(description="Ed25519 private key that signs access tokens.")
    second_factor_key: SecretKey = Field(description="Encrypts the secrets of people's authenticators.")
    retired_signing_keys: tuple[PublicKey, ...] = Field(
        (), description="Public keys that signed before; published until their last tokens have expired."
    )
    issuer: str = Field("palaver", description="`iss` of access tokens.")
    audience: str = Field("palaver", description="`aud` of access tokens.")
    registration: RegistrationMode = Field(
        "open", description="Who may open an account: `open` anybody, `invitation` who is invited, `closed` nobody."
    )
    owner_sign_in_code: Annotated[SecretStr | None, AfterValidator(_unguessable)] = Field(
        None, description="A one-time code that signs the owner in; whoever starts the service makes a new one."
    )
    owner_code_digests: tuple[Digest, ...] = Field(
        (), description="SHA-256, in hexadecimal, of further such codes; each works once."
    )
    owner_sign_in_code_seconds: Seconds = Field(DAY, description="How long the owner's codes can be used.")
    mail: MailSettings | None = Field(None, description="The mail server; nobody gets mail without one.")
    mail_directory: Path | None = Field(None, description="Without a mail server: where mails are left as files.")
    page_url: str = Field("http://127.0.0.1:8080", description="Where people reach the page; mailed links lead there.")
    oauth: dict[OAuthName, OAuthSettings] = Field(
        default_factory=dict[OAuthName, OAuthSettings],
        description="Where people may sign in from, by a name for addresses; JSON.",
    )
    access_token_seconds: Seconds = Field(15 * 60, description="Life of an access token.")
    refresh_token_seconds: Seconds = Field(30 * DAY, description="A sign-in that is not used for so long ends.")
    sign_in_seconds: Seconds = Field(90 * DAY, description="A sign-in ends after so long, however it is used.")
    ticket_seconds: Seconds = Field(30, description="Life of a WebSocket ticket.")
    audit_retention_days: Annotated[int, Field(gt=0)] = Field(365, description="Older audit entries are deleted.")
    argon2_memory_kib: int = Field(OWASP_MEMORY_KIB, ge=OWASP_MEMORY_KIB, description="Memory per password hash.")
    argon2_iterations: int = Field(OWASP_ITERATIONS, ge=OWASP_ITERATIONS, description="Passes per password hash.")
    max_concurrent_hashes: Annotated[int, Field(gt=0)] = Field(
        4, description="Password hashes computed at a time; each takes a thread and its memory."
    )

    @property
    def owner_codes(self) -> tuple[bytes, ...]:
        """The digests of all codes that sign the owner in."""
        code = self.owner_sign_in_code
        own = () if code is None else (digest_of(code.get_secret_value()),)
        return (*own, *(bytes.fromhex(digest) for digest in self.owner_code_digests))

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        keys = (self.sealing_key, self.signing_key, self.second_factor_key)
        if len({key.get_secret_value() for key in keys}) < len(keys):
            raise ValueError("The sealing key, the signing key and the second-factor key must be different keys.")
        return self
