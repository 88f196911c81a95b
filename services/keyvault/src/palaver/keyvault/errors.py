"""What this service refuses, in sentences that say what to do. None of them holds anything of a key but its hint, and
of a shared one not even that."""

from datetime import date

from palaver.contracts.failures import ErrorCode, Failure
from palaver.keyvault.domain import Key, Status
from palaver.keyvault.quota import Limit, end_of


def key_not_found() -> Failure:
    """The same for a key that does not exist and for somebody else's."""
    return Failure(ErrorCode.NOT_FOUND, "There is no such key.")


def not_the_keeper() -> Failure:
    """Who may use a shared key sees it, and no more."""
    return Failure(ErrorCode.FORBIDDEN, "Shared keys are kept by administrators.")


def key_missing(provider: str) -> Failure:
    """The payer has no key for this provider at this host."""
    return Failure(
        ErrorCode.KEY_MISSING, f"There is no key for {provider}. Add one under Keys, then try again.", provider=provider
    )


def not_lendable(key: Key, today: date) -> Failure:
    """Why work cannot be done with it: switched off, refused by its provider, or used up."""
    if not key.enabled:
        return key_disabled(key)
    if key.status is Status.INVALID:
        return key_invalid(key)
    if key.locked:
        return key_locked(key)
    limit = key.used_up
    return key_missing(key.provider) if limit is None else quota_exceeded(key, limit, today)


def key_invalid(key: Key) -> Failure:
    """The provider refused it."""
    todo = (
        "An administrator has to replace it; until then, add one of your own under Keys."
        if key.shared
        else "Add a new one under Keys, or check this one again."
    )
    return _about(key, ErrorCode.KEY_INVALID, f"{key.provider} refuses the stored key{_hint(key)}. {todo}")


def key_locked(key: Key) -> Failure:
    """Its owner's passphrase is needed."""
    return _about(
        key,
        ErrorCode.KEY_LOCKED,
        f"The key{_hint(key)} for {key.provider} is locked. Unlock your keys under Keys, then try again.",
    )


def keys_locked() -> Failure:
    """Another key can only be added under the same passphrase, which has to be proven."""
    return Failure(ErrorCode.KEY_LOCKED, "Your other keys are locked. Unlock them first, then add this one.")


def passphrase_wrong() -> Failure:
    """No protected key opens."""
    return Failure(ErrorCode.PASSPHRASE_WRONG, "This is not the passphrase that protects your keys.")


def another_derivation() -> Failure:
    """All protected keys of a person are under one wrapping key."""
    return Failure(
        ErrorCode.CONFLICT, "Your other keys are protected in another way. Read how under /keys/lock, then try again."
    )


def sign_in_over() -> Failure:
    """Its end was heard while it unlocked."""
    return Failure(ErrorCode.SIGN_IN_ENDED, "This sign-in was ended; sign in again.")


def nothing_to_unlock() -> Failure:
    """There is no protected key."""
    return Failure(ErrorCode.NOT_FOUND, "None of your keys is protected by a passphrase.")


def key_disabled(key: Key) -> Failure:
    """Its keeper switched it off."""
    todo = "Add one of your own under Keys." if key.shared else "Enable it or add another under Keys."
    return _about(key, ErrorCode.KEY_INVALID, f"The key{_hint(key)} for {key.provider} is disabled. {todo}")


def quota_exceeded(key: Key, limit: Limit, today: date) -> Failure:
    """Nothing is left of one of its limits."""
    amount = f"{limit.allowed:f} provider calls" if limit.measure == "calls" else f"${limit.allowed:f}"
    todo = "Add one of your own under Keys." if key.shared else "Raise its quota or add another under Keys."
    return _about(
        key,
        ErrorCode.KEY_QUOTA_EXCEEDED,
        f"The key{_hint(key)} for {key.provider} has used up its quota of {amount} a {limit.period}; it is used again "
        f"from {end_of(limit.period, today):%Y-%m-%d} (UTC). {todo}",
    )


def key_unreadable(key: Key) -> Failure:
    """What is stored does not open."""
    return _about(
        key,
        ErrorCode.KEY_INVALID,
        f"The stored key{_hint(key)} for {key.provider} cannot be read any more. Delete it and add it again.",
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


def roles_of_a_personal_key() -> Failure:
    """Nobody else uses it anyway."""
    return Failure(ErrorCode.VALIDATION_FAILED, "Roles are for shared keys; a personal key is its owner's alone.")


def too_many_keys(limit: int) -> Failure:
    """By setting."""
    return Failure(ErrorCode.CONFLICT, f"There are {limit} keys, which is the limit. Delete one first.")


def _about(key: Key, code: ErrorCode, message: str) -> Failure:
    return Failure(code, message, provider=key.provider, key_id=key.id)


def _hint(key: Key) -> str:
    if key.shared:
        return " that all share"
    return f" ending in {key.hint}" if key.hint else ""
