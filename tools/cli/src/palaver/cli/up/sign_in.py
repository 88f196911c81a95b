"""The owner's ways in: a link for the browser, and a code file for the command line on this machine. Each works once.

The link's code travels in the URL fragment, which no server ever logs; services are told digests only.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from palaver.servicekit.embedded.private_file import write_private

CODE_BYTES = 24


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A secret that signs the owner in, once."""

    code: str = field(default_factory=lambda: secrets.token_urlsafe(CODE_BYTES), repr=False)

    @property
    def sha256(self) -> str:
        """What identity is told: the hexadecimal digest of the code."""
        return hashlib.sha256(self.code.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SignIn:
    """The codes of one start of the instance."""

    link: OneTimeCode = field(default_factory=OneTimeCode)
    command_line: OneTimeCode = field(default_factory=OneTimeCode)

    @property
    def digests(self) -> tuple[str, ...]:
        """Of all codes."""
        return self.link.sha256, self.command_line.sha256

    def link_to(self, base_url: str) -> str:
        """For the person at the terminal, and nobody else."""
        return f"{base_url}/#code={self.link.code}"

    def leave_for_command_line(self, path: Path) -> None:
        """Put the command line's code where only this user may read it."""
        write_private(path, self.command_line.code)
