"""What a system prompt may contain; what its placeholders become is context's business."""

import re
from collections.abc import Collection

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.session import PROMPT_PLACEHOLDERS

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_OWN_PROMPT = "persona"


def check_room_prompt(prompt: str) -> None:
    """Raises Failure(VALIDATION_FAILED) for a placeholder that nobody knows."""
    _check(prompt, PROMPT_PLACEHOLDERS)


def check_own_prompt(prompt: str) -> None:
    """As `check_room_prompt`, for a participant's own prompt, which cannot contain itself."""
    _check(prompt, [known for known in PROMPT_PLACEHOLDERS if known != _OWN_PROMPT])


def _check(prompt: str, known: Collection[str]) -> None:
    unknown = sorted({name for name in _PLACEHOLDER.findall(prompt) if name not in known})
    if unknown:
        usable = ", ".join(f"{{{{{name}}}}}" for name in known)
        raise Failure(
            ErrorCode.VALIDATION_FAILED,
            f"The system prompt has a placeholder that is not known here: {{{{{unknown[0]}}}}}. Known are {usable}; "
            "with a space inside the braces it is left as it stands.",
            field="system_prompt",
            unknown=unknown,
            known=list(known),
        )
