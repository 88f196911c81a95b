"""What a person sees of a round in the terminal."""

import io

import pytest
from rich.console import Console

from palaver.cli.chat.view import Side
from palaver.client import ReplyState, Room, Transcript
from palaver.contracts.client_protocol import Delta
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, TurnId
from palaver.contracts.session_log import TurnRef

CHINESE = "回答之前我想先问好的答案是为了什么而存在的如果我们太快同意了可能还没有真正听懂对方的意思"


def room(texts: dict[str, str]) -> Room:
    async def send(_: object) -> bool:
        return True

    made = Room(SessionId("s"), send)
    made.transcript = Transcript()
    for name, text in texts.items():
        turn = TurnRef(
            turn_id=TurnId(name),
            reply_id=MessageId(name),
            participant_id=ParticipantId(name),
            model=name.lower(),
            branch="b",
            round=1,
            step=1,
            speaker=name,
        )
        made.transcript.replies[name] = ReplyState(turn)
        made.transcript.delta(Delta(turn_id=turn.turn_id, attempt=1, offset=0, text=text))
    return made


@pytest.mark.parametrize("width", [60, 160])
def test_every_character_of_every_answer_is_shown_side_by_side_or_stacked(width: int):
    texts = {"Swift": "Short.", "Sage": CHINESE, "Oak": "A long answer " * 20}
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True, color_system=None)
    here = room(texts)
    console.print(Side(console).render(here, here.transcript.replies_in("b", 1)))
    shown = screen.getvalue()
    assert "…" not in shown
    assert [shown.count(c) for c in set(CHINESE)] == [CHINESE.count(c) for c in set(CHINESE)]
    assert shown.count("answer") == 20
    assert all(name in shown for name in texts)
