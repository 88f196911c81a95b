"""Everything about this service that an operator may set."""

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from palaver.contracts.limits import KEY_LEASE_SECONDS
from palaver.keyvault.kms.loading import make
from palaver.keyvault.kms.local import LocalKek
from palaver.keyvault.kms.port import Kek
from palaver.servicekit.secret_keys import SecretKey
from palaver.servicekit.settings import DatabaseSettings, ServiceSettings, service_config

Version = Annotated[int, Field(gt=0)]


class KmsSettings(BaseModel):
    """A key-encryption key elsewhere: which system (an entry point of the group `palaver.kms`), and which key there."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str = Field(min_length=1)
    options: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])


class Settings(ServiceSettings):
    """Settings of the keyvault.

    Key-encryption keys (KEKs) come from `keks`, from `kek_file`, from key management systems (`kms`), or from several
    of them; the same version may not stand in two.
    """

    model_config = service_config("keyvault")

    database: DatabaseSettings
    sealing_key: SecretKey = Field(description="X25519 private key that provider keys are sealed to.")
    kek_file: Path | None = Field(
        None, description='JSON file {"1": "<32 bytes in base64url>"} that only its owner may read.'
    )
    keks: dict[Version, SecretKey] = Field(
        default_factory=dict[int, SecretStr],
        description="Key-encryption keys by version; all that encrypted a key that is still stored.",
    )
    kms: dict[Version, KmsSettings] = Field(
        default_factory=dict[int, KmsSettings], description="The same, kept by a key management system."
    )
    current_kek: Version | None = Field(
        None, description="The version that encrypts; by default the highest. Older ones are replaced by it."
    )
    rewrap_batch: int = Field(
        50, gt=0, le=1_000, description="Data keys that a rotation wraps anew in one transaction."
    )
    lease_seconds: int = Field(KEY_LEASE_SECONDS, gt=0, le=KEY_LEASE_SECONDS, description="Life of a lease.")
    max_keys_per_user: int = Field(100, gt=0, description="Keys that one person may store.")
    max_shared_keys: int = Field(100, gt=0, description="Shared keys that there may be.")

    def all_keks(self) -> dict[int, Kek]:
        """The keys themselves, by version. Raises ValueError for a key management system that cannot be had."""
        local: dict[int, Kek] = {version: LocalKek.of(key) for version, key in self.keks.items()}
        return local | {version: make(kms.kind, kms.options) for version, kms in self.kms.items()}

    @property
    def versions(self) -> frozenset[int]:
        """Of all keys."""
        return frozenset(self.keks) | frozenset(self.kms)

    @property
    def encrypting_version(self) -> int:
        """The version that encrypts what is stored from now on."""
        return max(self.versions) if self.current_kek is None else self.current_kek

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
        if not self.versions:
            raise ValueError("There is no key-encryption key; give one in keks, kek_file or kms.")
        if both := sorted(self.keks.keys() & self.kms.keys()):
            raise ValueError(f"Version {', '.join(map(str, both))} stands in keks and in kms; give it once.")
        if self.encrypting_version not in self.versions:
            raise ValueError(f"current_kek is {self.current_kek}, but there is no such key in keks or kms.")
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
