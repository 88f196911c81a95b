"""The secrets of one instance, made once and kept in a file that only its owner may read."""

import base64
import json
import secrets
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.embedded import new_nkey
from palaver.servicekit.embedded.private_file import write_private
from palaver.servicekit.sealing import KeyPair, to_base64url

ADMIN = "admin"
SUPERUSER = "postgres"
SEALED_TO = ("identity", "keyvault")
"""The services that secrets are sealed to."""
KEY_BYTES = 32


def _random() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(KEY_BYTES))


def _key() -> SecretStr:
    return SecretStr(to_base64url(secrets.token_bytes(KEY_BYTES)))


class Secrets(BaseModel):
    """Names are services', plus the broker's and the database's administrators.

    Keys are unpadded base64url of 32 bytes.
    """

    model_config = ConfigDict(frozen=True)

    nkey_seeds: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    database_passwords: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    sealing_keys: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    redis_password: SecretStr = Field(default_factory=_random)
    key_encryption_key: SecretStr = Field(default_factory=_key)
    token_signing_key: SecretStr = Field(default_factory=_key)
    second_factor_key: SecretStr = Field(default_factory=_key)

    def completed(self) -> "Secrets":
        """With whatever a service that is new since needs."""
        return self.model_copy(
            update={
                "nkey_seeds": {name: new_nkey().seed for name in (*SERVICES, ADMIN)} | self.nkey_seeds,
                "database_passwords": {name: _random() for name in (*SERVICES, SUPERUSER)} | self.database_passwords,
                "sealing_keys": {name: _sealing_key() for name in SEALED_TO} | self.sealing_keys,
            }
        )

    def sealing_pair(self, service: str) -> KeyPair:
        """The pair that secrets for `service` are sealed to."""
        return KeyPair.from_private(_decoded(self.sealing_keys[service]))


def load_or_make(path: Path) -> Secrets:
    """The instance's secrets; what is missing is made and written before anything uses it."""
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    complete = Secrets.model_validate(kept).completed()
    if (plain := _plain(complete)) != kept:
        write_private(path, json.dumps(plain, indent=2))
    return complete


def _sealing_key() -> SecretStr:
    return SecretStr(to_base64url(KeyPair.generate().private_bytes()))


def _decoded(key: SecretStr) -> bytes:
    text = key.get_secret_value()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _plain(secret: Secrets) -> dict[str, Any]:
    def reveal(value: object) -> object:
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        return {key: reveal(inner) for key, inner in value.items()} if isinstance(value, dict) else value

    return {name: reveal(value) for name, value in secret.model_dump().items()}
