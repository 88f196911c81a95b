"""The text in a provider's stream, with nothing but what the measured pipelines need: whole events, one field."""

import msgspec


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta


class _Chunk(msgspec.Struct):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Chunk).decode
_DATA = b"data: "
_DONE = b"data: [DONE]"


class ChunkReader:
    """Feed it bytes, get the texts that became whole."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The texts of the events that this chunk completed."""
        *events, self._tail = (self._tail + chunk).split(b"\n\n")
        texts: list[str] = []
        for event in events:
            if event == _DONE or not event.startswith(_DATA):
                continue
            choices = _decode(event[len(_DATA) :]).choices
            texts.extend(choice.delta.content for choice in choices if choice.delta.content)
        return texts
