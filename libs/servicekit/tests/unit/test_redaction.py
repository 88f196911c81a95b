"""Nothing secret and no conversation text leaves through a log line."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from palaver.servicekit import telemetry
from palaver.servicekit.redaction import HIDDEN, redact, scrub
from palaver.servicekit.settings import TelemetrySettings


class _Shape(BaseModel):
    number: int


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
        ("postgresql://session:hunter2@db:5432/p", "hunter2"),
        ("GET /ws?ticket=0123456789&x=1", "0123456789"),
        ("provider said: invalid key sk-proj-abcdefghijkl1234", "sk-proj-abcdefghijkl1234"),
        ("AIzaSyA0123456789abcdefghij_klm", "AIzaSyA0123456789abcdefghij_klm"),
        ("eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"),
        (
            "seed SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU",
            "SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GC",
        ),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in scrub(text)
    assert HIDDEN in scrub(text)


def test_ordinary_words_stay() -> None:
    assert scrub("turn 0192f3 failed after 3 attempts at nats://127.0.0.1:4222") == (
        "turn 0192f3 failed after 3 attempts at nats://127.0.0.1:4222"
    )


def test_values_are_hidden_by_the_names_they_have() -> None:
    event = {
        "password": "x",
        "refresh_token": "y",
        "api_key": "z",
        "text": "dear diary",
        "nested": {"secret": "s", "plain": "p"},
        "prompt_tokens": 12,
        "key_id": "kept",
        "raw": b"bytes",
        "wrapped": SecretStr("w"),
    }
    assert redact(None, "", dict(event)) == {
        "password": HIDDEN,
        "refresh_token": HIDDEN,
        "api_key": HIDDEN,
        "text": HIDDEN,
        "nested": {"secret": HIDDEN, "plain": "p"},
        "prompt_tokens": 12,
        "key_id": "kept",
        "raw": "<5 bytes>",
        "wrapped": HIDDEN,
    }


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    lines = io.StringIO()
    monkeypatch.setattr(sys, "stderr", lines)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    telemetry.setup(TelemetrySettings())
    yield lines
    structlog.reset_defaults()


def _logged(lines: io.StringIO) -> dict[str, str]:
    return json.loads(lines.getvalue())


def test_an_exception_is_logged_with_its_frames_and_without_its_input(log_lines: io.StringIO) -> None:
    body, header = '{"number": "dear diary"}', "Bearer abcdefghijklmnop"
    try:
        try:
            _Shape.model_validate_json(body)
        except ValidationError as inner:
            raise RuntimeError(f"while calling with {header}") from inner
    except RuntimeError as error:
        structlog.get_logger().error("it_failed", exc_info=error)
    line = _logged(log_lines)
    assert line["event"] == "it_failed"
    assert "test_redaction.py" in line["exception"]
    assert "1 invalid fields of _Shape" in line["exception"]
    assert "dear diary" not in log_lines.getvalue()
    assert "abcdefghijklmnop" not in log_lines.getvalue()


def test_lines_of_other_libraries_are_json_and_redacted_too(log_lines: io.StringIO) -> None:
    logging.getLogger("somebody.else").warning("connecting to %s", "postgresql://a:hunter2@b/c")
    assert _logged(log_lines)["event"] == "connecting to postgresql://a:[hidden]@b/c"
