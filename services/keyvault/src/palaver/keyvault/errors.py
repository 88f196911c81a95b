"""What this service refuses, in sentences that say what to do. None of them holds anything of a key but its hint."""

from palaver.contracts.failures import ErrorCode, Failure
from palaver.keyvault.domain import Key


def key_not_found() -> Failure:
    """The same for a key that does not exist and for somebody else's."""
    return Failure(ErrorCode.NOT_FOUND, "There is no such key.")


def key_missing(provider: str) -> Failure:
    """The payer has no key for this provider at this host."""
    return Failure(
        ErrorCode.KEY_MISSING, f"There is no key for {provider}. Add one under Keys, then try again.", provider=provider
    )


def key_invalid(key: Key) -> Failure:
    """The provider refused it."""
    return Failure(
        ErrorCode.KEY_INVALID,
        f"{key.provider} refuses the stored key{_hint(key)}. Add a new one under Keys, or check this one again.",
        provider=key.provider,
        key_id=key.id,
    )


def key_disabled(key: Key) -> Failure:
    """Its owner switched it off."""
    return Failure(
        ErrorCode.KEY_INVALID,
        f"The key{_hint(key)} for {key.provider} is disabled. Enable it or add another under Keys.",
        provider=key.provider,
        key_id=key.id,
    )


def key_unreadable(key: Key) -> Failure:
    """What is stored does not open."""
    return Failure(
        ErrorCode.KEY_INVALID,
        f"The stored key{_hint(key)} for {key.provider} cannot be read any more. Delete it and add it again.",
        provider=key.provider,
        key_id=key.id,
    )


def key_encryption_key_missing(version: int) -> Failure:
    """The operator took away a KEK that is still needed."""
    return Failure(
        ErrorCode.INTERNAL,
        f"The key vault lacks its key-encryption key {version}; whoever runs this installation has to put it back.",
    )


def wrong_place(key: Key) -> Failure:
    """A key is lent for its own provider and host only."""
    return Failure(ErrorCode.FORBIDDEN, f"This key is for {key.provider} at {key.host} and nothing else.")


def place_missing() -> Failure:
    """A lease for a turn or a side job says for which provider and host."""
    return Failure(ErrorCode.VALIDATION_FAILED, "A lease for a turn or a side job needs provider and host.")


def unusable_secret() -> Failure:
    """It could not be sent to a provider."""
    return Failure(
        ErrorCode.VALIDATION_FAILED, "This is not a provider key: it must be one line without spaces or special signs."
    )


def too_many_keys(limit: int) -> Failure:
    """By setting."""
    return Failure(ErrorCode.CONFLICT, f"You have {limit} keys, which is the limit. Delete one first.")


def _hint(key: Key) -> str:
    return f" ending in {key.hint}" if key.hint else ""
