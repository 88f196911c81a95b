"""Where people may sign in from, as an operator says it."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def safe(url: str) -> bool:
    """Whether what is sent there is read by nobody on the way."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _safe(url: str) -> str:
    if not safe(url):
        raise ValueError("It must begin with https://.")
    return url


SafeUrl = Annotated[str, AfterValidator(_safe)]


class OAuthSettings(BaseModel):
    """One provider: any OpenID Connect issuer, or GitHub."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Literal["oidc", "github"] = Field("oidc", description="What it speaks.")
    name: str = Field(min_length=1, max_length=80, description="What people are shown.")
    issuer: SafeUrl | None = Field(None, description="Of an OpenID Connect issuer: its `issuer`, to the letter.")
    client_id: str = Field(min_length=1, description="What it calls this installation.")
    client_secret: SecretStr | None = Field(None, description="What it gave for that.")
    client_secret_file: Path | None = Field(None, description="A file that holds it, in the place of `client_secret`.")
    scopes: tuple[str, ...] = Field((), description="Asked for; by default what is needed.")
    site_url: SafeUrl = Field("https://github.com", description="Of GitHub, if it is one of your own.")
    api_url: SafeUrl = Field("https://api.github.com", description="Of its API.")

    def read_secret(self) -> str:
        """Raises OSError."""
        if self.client_secret_file is not None:
            return self.client_secret_file.read_text().strip()
        return "" if self.client_secret is None else self.client_secret.get_secret_value()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError("Give client_secret or client_secret_file.")
        if (self.kind == "oidc") != (self.issuer is not None):
            raise ValueError("An issuer belongs to kind oidc, and to no other.")
        return self
