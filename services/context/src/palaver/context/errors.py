"""What this service refuses in more than one place."""

from palaver.contracts.failures import ErrorCode, Failure


def room_not_found() -> Failure:
    """In the words of session, which answers for rooms that were never heard of here: otherwise the sentence would
    tell a stranger that a room exists. `tests/e2e/attacks` compares them."""
    return Failure(ErrorCode.SESSION_NOT_FOUND, "There is no such session.")
