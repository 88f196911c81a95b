"""Log entries made ready to be applied: what they change, with every new text counted once, off the event loop."""

from collections.abc import Iterable
from types import MappingProxyType

from palaver.context.attribution import quoted
from palaver.context.counting import TokenCounter
from palaver.context.projection import Step, counted, said, step_of
from palaver.contracts.session_log import EventFrame


async def steps_of(events: Iterable[EventFrame], counter: TokenCounter) -> list[Step]:
    """The steps of these entries, counted in all encodings that are in use."""
    steps = [step_of(event) for event in events]
    if not (entries := said(steps)):
        return steps
    texts = [quoted(entry.text) for entry in entries]
    columns = {name: await counter.count(name, texts) for name in counter.in_use}
    counts = {
        entry.key: MappingProxyType({name: column[i].tokens for name, column in columns.items()})
        for i, entry in enumerate(entries)
    }
    return counted(steps, counts)
