"""As whom a server runs. PostgreSQL refuses root, so a root launcher hands it to an ordinary user.

Root has two ways: become `nobody` when that user can reach program and data, else stay the owner of the files but look
like an ordinary user from within a user namespace (needed below a 0700 directory such as /root).
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from palaver.servicekit.embedded.errors import StartFailedError

UNPRIVILEGED = "nobody"
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
PROBE_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the program: user and group to change to (None: stay), and a command put before it."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Make this account the owner of everything below `path`, if it is not yet. Only root may give files away."""
        if os.geteuid() != 0:
            return
        uid, gid = self.uid or 0, self.gid or 0
        if path.stat().st_uid == uid:
            return
        for root, directories, files in os.walk(path):
            for name in (*directories, *files):
                os.lchown(Path(root, name), uid, gid)
        os.chown(path, uid, gid)  # last: an interrupted pass is done again


def ordinary_account(program: Path, data_parent: Path) -> Account:
    """The account under which `program`, which refuses root, can work below `data_parent`.

    Raises StartFailedError when there is none.
    """
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam(UNPRIVILEGED)
    if _passable(program.parent) and _passable(data_parent) and _runs([str(program)], nobody.pw_uid, nobody.pw_gid):
        return Account(nobody.pw_uid, nobody.pw_gid)
    if shutil.which(NAMESPACE[0]) and _runs([*NAMESPACE, str(program)]):
        return Account(prefix=NAMESPACE)
    raise StartFailedError(
        f"{program.name} refuses to run as root, and neither the user {UNPRIVILEGED} can reach {data_parent} "
        "nor is a user namespace allowed here: run as an ordinary user."
    )


def _passable(directory: Path) -> bool:
    """Whether any user may walk down to this directory."""
    resolved = directory.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (resolved, *resolved.parents))


def _runs(command: list[str], uid: int | None = None, gid: int | None = None) -> bool:
    groups: list[str | int] | None = None if uid is None else []
    try:
        subprocess.run(  # noqa: S603 - the resolved program, asked for its version
            [*command, "--version"],
            user=uid,
            group=gid,
            extra_groups=groups,
            capture_output=True,
            timeout=PROBE_TIMEOUT_SECONDS,
            check=True,
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True
