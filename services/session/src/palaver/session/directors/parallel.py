"""Everyone answers each message at once."""

from palaver.session.directors import Direction, Director, DirectorEvent, EndRound, ModeState, RoundOpened, Speak


def direct(state: ModeState, event: DirectorEvent) -> Direction:
    """One step with all speakers; the round is over when the last has ended."""
    match event:
        case RoundOpened(speakers=speakers):
            return Direction(Speak(tuple(speaker.id for speaker in speakers)), state)
        case _:
            return Direction(EndRound(), state)


DIRECTOR = Director(direct)
