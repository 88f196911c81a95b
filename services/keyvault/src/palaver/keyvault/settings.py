"""Everything about this service that an operator may set."""

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, cast

from pydantic import Field, model_validator

from palaver.contracts.limits import KEY_LEASE_SECONDS
from palaver.servicekit.secret_keys import SecretKey, raw_key
from palaver.servicekit.settings import DatabaseSettings, ServiceSettings, service_config

Version = Annotated[int, Field(gt=0)]


class Settings(ServiceSettings):
    """Settings of the keyvault.

    Key-encryption keys (KEKs) come from `keks`, from `kek_file`, or from both; the same version may not stand in both.
    """

    model_config = service_config("keyvault")

    database: DatabaseSettings
    sealing_key: SecretKey = Field(description="X25519 private key that provider keys are sealed to.")
    kek_file: Path | None = Field(
        None, description='JSON file {"1": "<32 bytes in base64url>"} that only its owner may read.'
    )
    keks: dict[Version, SecretKey] = Field(
        min_length=1, description="Key-encryption keys by version; all that encrypted a key that is still stored."
    )
    current_kek: Version | None = Field(None, description="The version that encrypts; by default the highest.")
    lease_seconds: int = Field(KEY_LEASE_SECONDS, gt=0, le=KEY_LEASE_SECONDS, description="Life of a lease.")
    max_keys_per_user: int = Field(100, gt=0, description="Keys that one person may store.")
    max_shared_keys: int = Field(100, gt=0, description="Shared keys that there may be.")

    @property
    def kek_bytes(self) -> dict[int, bytes]:
        """The keys themselves, by version."""
        return {version: raw_key(key) for version, key in self.keks.items()}

    @property
    def encrypting_version(self) -> int:
        """The version that encrypts what is stored from now on."""
        return max(self.keks) if self.current_kek is None else self.current_kek

    @model_validator(mode="before")
    @classmethod
    def _with_file(cls, values: Any) -> Any:
        known = dict(cast("Mapping[str, Any]", values))
        if known.get("kek_file") is None:
            return known
        given = {str(version): key for version, key in dict(known.get("keks") or {}).items()}
        read = _read(Path(known["kek_file"]))
        if both := sorted(given.keys() & read.keys()):
            raise ValueError(f"Version {', '.join(both)} stands in keks and in kek_file; give it once.")
        return known | {"keks": read | given}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.encrypting_version not in self.keks:
            raise ValueError(f"current_kek is {self.current_kek}, but there is no such key in keks.")
        keys = [key.get_secret_value() for key in (*self.keks.values(), self.sealing_key)]
        if len(set(keys)) < len(keys):
            raise ValueError("Key-encryption keys and the sealing key must all be different keys.")
        return self


def _read(path: Path) -> dict[str, Any]:
    """The file's keys by version. Raises ValueError without any of its content."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ValueError(f"{path} can be read by others; make it its owner's alone (chmod 600).")
        content: Any = json.loads(path.read_text())
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError:
        raise ValueError(f"{path} is not JSON.") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must be a JSON object from version to key.")  # noqa: TRY004 - pydantic reports this one
    return {str(version): key for version, key in cast("dict[Any, Any]", content).items()}
