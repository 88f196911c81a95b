"""What its author runs."""

import json
from collections.abc import Mapping
from typing import Any

from smoke_signals import ADAPTER

from palaver.model_router.testing.conformance import AdapterConformance


class SmokeWire:
    content_type = "application/x-ndjson"

    def opening(self) -> bytes:
        return b""

    def text(self, piece: str) -> bytes:
        return json.dumps({"say": piece}, ensure_ascii=False).encode() + b"\n"

    def closing(self, tokens_input: int, tokens_output: int) -> bytes:
        return json.dumps({"counted": [tokens_input, tokens_output]}).encode() + b"\n"

    def error(self, message: str) -> bytes:
        return json.dumps({"oops": message}).encode()

    def models(self) -> bytes:
        return b'["m-1"]'

    def key(self, headers: Mapping[str, str]) -> str | None:
        return headers.get("x-smoke-key")

    def complaint(self, path: str, body: Any) -> str | None:
        return None if path.endswith("/puffs") and body["said"] else "nothing was said"


class TestSmoke(AdapterConformance):
    adapter = ADAPTER
    wire = SmokeWire()
