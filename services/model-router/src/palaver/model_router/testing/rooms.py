"""Windows of rooms of several sizes, as context shapes them, for tests of what becomes of them on the wire."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

from palaver.contracts.model_router import WindowMessage

NAMES = ("Ada", "Bob", "Cleo", "Dai", "Eve")
_QUESTIONS = ("Is tea good? 茶好喝吗", "And coffee?")
_ANSWERS = ("{name} thinks so.", "{name} has doubts: “it depends”.")


@dataclass(frozen=True, slots=True)
class RoomShape:
    """A room of `participants` in its second round; the request is that of the last one to speak."""

    participants: int
    prompt: Literal["unified", "individual", "none"]
    order: Literal["parallel", "sequential"]

    @property
    def name(self) -> str:
        """Names it among those of its size."""
        return f"{self.prompt}.{self.order}"

    def window(self) -> tuple[WindowMessage, ...]:
        """What the participant's model is to read."""
        present = NAMES[: self.participants]
        own = present[-1]
        turns: list[tuple[Literal["user", "assistant"], list[str]]] = []

        def say(speaker: str, kind: str, text: str) -> None:
            role: Literal["user", "assistant"] = "assistant" if speaker == own else "user"
            line = text if role == "assistant" or len(present) == 1 else f"<<< {speaker} ({kind}) >>>\n{text}"
            if turns and turns[-1][0] == role:
                turns[-1][1].append(line)
            else:
                turns.append((role, [line]))

        for number, (question, answer) in enumerate(zip(_QUESTIONS, _ANSWERS, strict=True)):
            say("User", "person", question)
            newest = number == len(_QUESTIONS) - 1
            heard = present if not newest else present[:-1] if self.order == "sequential" else ()
            for name in heard:
                say(name, "model", answer.format(name=name))
        said = (WindowMessage(role=role, text="\n\n".join(texts)) for role, texts in turns)
        return (*self._system(own), *said)

    def _system(self, own: str) -> tuple[WindowMessage, ...]:
        match self.prompt:
            case "unified":
                return (WindowMessage(role="system", text="This is a discussion. Choose a role and join in."),)
            case "individual":
                return (WindowMessage(role="system", text=f"You are {own}, and brief."),)
            case "none":
                return ()


SHAPES = tuple(
    RoomShape(participants, prompt, order)
    for participants, prompt, order in product(
        (1, 2, 3, 5), ("unified", "individual", "none"), ("parallel", "sequential")
    )
)
"""Every combination."""
