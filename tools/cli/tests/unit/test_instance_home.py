"""A home is private, belongs to one launcher at a time, and keeps its secrets."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from palaver.cli.errors import CommandError
from palaver.cli.up.home import Home
from palaver.cli.up.secret_store import SEALED_TO, load_or_make
from palaver.contracts.catalogue import SERVICES


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


def test_secrets_are_made_once_and_only_for_their_owner(home: Home) -> None:
    first, second = load_or_make(home.secrets), load_or_make(home.secrets)
    assert first == second
    assert home.secrets.stat().st_mode & 0o777 == 0o600
    assert set(first.nkey_seeds) == {*SERVICES, "admin"}
    assert set(first.sealing_keys) == set(SEALED_TO)


def test_a_new_service_gets_its_secrets_and_the_others_keep_theirs(home: Home) -> None:
    before = load_or_make(home.secrets)
    kept = json.loads(home.secrets.read_text())
    del kept["nkey_seeds"]["session"]
    home.secrets.write_text(json.dumps(kept))
    after = load_or_make(home.secrets)
    assert after.nkey_seeds["session"] != before.nkey_seeds["session"]
    assert after.nkey_seeds["gateway"] == before.nkey_seeds["gateway"]
    assert after.redis_password == before.redis_password


def test_a_home_from_before_second_factors_gets_a_key_for_them_once(home: Home) -> None:
    before = load_or_make(home.secrets)
    kept = json.loads(home.secrets.read_text())
    del kept["second_factor_key"]
    home.secrets.write_text(json.dumps(kept))
    after = load_or_make(home.secrets)
    assert after.second_factor_key != before.second_factor_key
    assert after.token_signing_key == before.token_signing_key
    assert load_or_make(home.secrets) == after


def test_a_representation_shows_no_secret(home: Home) -> None:
    made = load_or_make(home.secrets)
    assert made.redis_password.get_secret_value() not in repr(made)
    assert made.nkey_seeds["admin"].get_secret_value() not in repr(made)


def test_nobody_else_may_look_into_a_home(home: Home) -> None:
    for directory in (home.nats, home.valkey, home.logs):
        assert directory.stat().st_mode & 0o077 == 0
    assert home.path.stat().st_mode & 0o066 == 0


def test_a_second_launcher_is_refused_in_one_sentence(home: Home) -> None:
    script = (
        "import sys; from pathlib import Path; from palaver.cli.up.home import Home\n"
        "with Home(Path(sys.argv[1])).held(): pass"
    )
    with home.held():
        second = subprocess.run(
            [sys.executable, "-c", script, str(home.path)], capture_output=True, text=True, check=False
        )
    assert second.returncode != 0
    assert f"Palaver already runs from {home.path} (process {os.getpid()})" in second.stderr
    with home.held():
        pass  # free again


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"cannot be used .+: choose another PALAVER_HOME"):
        Home(tmp_path / "file" / "home").prepare()
