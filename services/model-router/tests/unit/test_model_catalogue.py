from pathlib import Path

import pytest

from palaver.contracts.failures import ErrorCode, Failure
from palaver.model_router import catalogue
from palaver.simulator import models as simulated


def test_the_catalogue_is_sound() -> None:
    loaded = catalogue.load()
    for model in loaded.models:
        assert model.reserve <= model.max_output
        assert model.profile.window - model.profile.reserve > 0
        assert model.card.needs_key == model.provider.needs_key
    assert all(provider.host and "/" not in provider.host for provider in loaded.providers)


@pytest.mark.parametrize("simulated_model", simulated.MODELS, ids=lambda m: m.id)
def test_every_simulated_model_is_offered_with_the_limits_that_it_has(
    simulated_model: simulated.SimulatedModel,
) -> None:
    model = catalogue.load().model(simulated_model.id)
    assert model.provider.protocol == simulated_model.protocol
    assert not model.provider.needs_key
    assert (model.window, model.max_output) == (simulated_model.window, simulated_model.max_output)


def test_an_operators_file_adds_and_replaces_by_id(tmp_path: Path) -> None:
    extra = tmp_path / "extra.toml"
    extra.write_text(
        """
        [[providers]]
        id = "local"
        display_name = "Local"
        protocol = "openai"
        base_url = "http://127.0.0.1:11434/v1/"
        needs_key = false
        [[models]]
        id = "gpt-4o"
        provider = "local"
        display_name = "Mine"
        window = 1000
        max_output = 500
        input_price = "0"
        output_price = "0"
        """
    )
    model = catalogue.load(extra).model("gpt-4o")
    assert (model.provider.id, model.provider.host, model.reserve) == ("local", "127.0.0.1:11434", 500)
    assert model.provider.base_url == "http://127.0.0.1:11434/v1"


def test_base_urls_are_replaced_by_settings() -> None:
    provider = catalogue.load(base_urls={"openai": "https://proxy.example/v1"}).provider("openai")
    assert provider.host == "proxy.example"


def test_a_base_url_for_an_unknown_provider_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="unknown providers: opnai"):
        catalogue.load(base_urls={"opnai": "http://x"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[[models]]\nid="x"\nprovider="no"\ndisplay_name="X"\nwindow=9\nmax_output=1\ninput_price="0"\noutput_price="0"',
            "no",
        ),
        ('[[providers]]\nid="x"\ndisplay_name="X"\nprotocol="telnet"\nbase_url="http://x"', "telnet"),
        ('[[providers]]\nid="x"\ndisplay_name="X"\nprotocol="openai"\nbase_url="http://x"\nneedskey=true', "needskey"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, words: str) -> None:
    extra = tmp_path / "wrong.toml"
    extra.write_text(text)
    with pytest.raises(ValueError, match=words):
        catalogue.load(extra)


def test_unknown_models_and_providers_are_failures() -> None:
    loaded = catalogue.load()
    with pytest.raises(Failure) as model:
        loaded.model("gpt-99")
    with pytest.raises(Failure) as provider:
        loaded.provider("nobody")
    assert (model.value.code, provider.value.code) == (ErrorCode.MODEL_NOT_FOUND, ErrorCode.NOT_FOUND)
