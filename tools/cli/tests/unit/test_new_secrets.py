"""`palaver secrets` prints an environment file of keys that nobody has used before."""

from typer.testing import CliRunner

from palaver.cli.main import app
from palaver.contracts.catalogue import SERVICES


def _printed() -> dict[str, str]:
    lines = CliRunner().invoke(app, ["secrets"]).stdout.splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_every_service_gets_an_identity_and_its_own_keys() -> None:
    names = _printed().keys()
    for service in (*SERVICES, "admin"):
        assert f"PALAVER_{service.upper().replace('-', '_')}_NATS__NKEY_SEED" in names
    assert {"PALAVER_IDENTITY_SIGNING_KEY", "PALAVER_KEYVAULT_KEKS__1", "PALAVER_GATEWAY_KEYVAULT_KEY__KEY_ID"} <= names


def test_they_are_new_each_time() -> None:
    first, second = _printed(), _printed()
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())
