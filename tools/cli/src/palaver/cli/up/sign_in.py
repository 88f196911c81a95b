"""The owner's way in: a link that works once. The code travels in the URL fragment, which no server ever logs."""

import hashlib
import secrets
from dataclasses import dataclass, field

from pydantic import SecretStr

CODE_BYTES = 24


@dataclass(frozen=True, slots=True)
class SignInLink:
    """`url` is for the terminal only; services are told the digest."""

    url: str = field(repr=False)
    code_sha256: SecretStr

    @classmethod
    def new(cls, base_url: str) -> "SignInLink":
        """A link with a fresh code."""
        code = secrets.token_urlsafe(CODE_BYTES)
        return cls(f"{base_url}/#code={code}", SecretStr(hashlib.sha256(code.encode()).hexdigest()))
