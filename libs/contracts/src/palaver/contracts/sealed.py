"""The shape of a secret on the broker: a box that only the holder of one private key can open.

Sealing itself is done by `palaver.servicekit.sealing`; this is only what crosses the wire.
"""

from typing import Generic, TypeVar

from pydantic import BaseModel

from palaver.contracts.subjects import Payload

T = TypeVar("T", bound=BaseModel)


class Sealed(Payload, Generic[T]):
    """`T` as JSON, sealed to an X25519 public key (ephemeral ECDH, HKDF-SHA256, AES-256-GCM).

    All fields are unpadded base64url. `key_id` names the recipient's key; `context` is bound as associated data.
    """

    key_id: str
    ephemeral: str
    nonce: str
    ciphertext: str
