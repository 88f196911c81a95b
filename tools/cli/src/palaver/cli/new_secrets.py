"""`palaver secrets`: what an operator of external servers has to make once, as lines of an environment file."""

from collections.abc import Iterator

from pydantic import SecretStr

from palaver.cli.up.secret_store import ADMIN, SEALED_TO, Secrets
from palaver.contracts.catalogue import SERVICES
from palaver.servicekit.embedded import nkey_from_seed
from palaver.servicekit.sealing import to_base64url

HEADER = """\
# Made by `palaver secrets`. Keep it where only its owner can read it; whoever has it can read every stored key.
# Each service needs only the lines that carry its own name. deploy/nats/permissions.json says what the broker
# grants to the nkey of each service; the admin's, for `palaver migrate`, is granted everything.
"""


def as_environment_file(secrets: Secrets) -> str:
    """All of it, with the public half of each nkey in a comment."""
    return HEADER + "".join(f"{line}\n" for part in (_nkeys, _own_keys, _public_keys) for line in part(secrets))


def _nkeys(secrets: Secrets) -> Iterator[str]:
    for name in (ADMIN, *SERVICES):
        seed = secrets.nkey_seeds[name]
        yield f"# {name}: {nkey_from_seed(seed).public}"
        yield _line(name, "NATS__NKEY_SEED", seed)


def _own_keys(secrets: Secrets) -> Iterator[str]:
    for name in SEALED_TO:
        yield _line(name, "SEALING_KEY", secrets.sealing_keys[name])
    yield _line("identity", "SIGNING_KEY", secrets.token_signing_key)
    yield _line("identity", "SECOND_FACTOR_KEY", secrets.second_factor_key)
    yield _line("keyvault", "KEKS__1", secrets.key_encryption_key)


def _public_keys(secrets: Secrets) -> Iterator[str]:
    for name in SEALED_TO:
        pair = secrets.sealing_pair(name)
        yield _line("gateway", f"{name.upper()}_KEY__KEY_ID", pair.key_id)
        yield _line("gateway", f"{name.upper()}_KEY__PUBLIC_KEY", to_base64url(pair.public))


def _line(service: str, name: str, value: SecretStr | str) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"PALAVER_{service.upper().replace('-', '_')}_{name}={text}"
