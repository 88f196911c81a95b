"""One person, one model."""

from palaver.session.directors import Direction, Director, DirectorEvent, EndRound, ModeState, RoundOpened, Speak


def direct(state: ModeState, event: DirectorEvent) -> Direction:
    """The one seat answers each message."""
    match event:
        case RoundOpened(speakers=(speaker, *_)):
            return Direction(Speak((speaker.id,)), state)
        case _:
            return Direction(EndRound(), state)


DIRECTOR = Director(direct, max_participants=1)
