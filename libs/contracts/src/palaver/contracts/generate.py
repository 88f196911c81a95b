"""`python -m palaver.contracts.generate`: write every document that is made from the contracts, or check it.

`--check` changes nothing and exits 1 where a committed file differs. Writing refuses a schema that would break readers
of the same version; `--allow-break` is for contracts that no release has carried yet.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from palaver.contracts.catalogue import SERVICES
from palaver.contracts.documents import asyncapi, events
from palaver.contracts.documents.compatibility import breaks
from palaver.contracts.documents.schemas import client_schema, payload_schemas
from palaver.contracts.permissions import permissions_of

ROOT = Path(__file__).resolve().parents[5]
SCHEMAS = Path("libs/contracts/schemas")
CLIENT_PROTOCOL = SCHEMAS / "client_protocol.json"


def documents() -> dict[Path, str]:
    """Path in the repository → text."""
    texts = {SCHEMAS / f"{name}.json": _json(schema) for name, schema in payload_schemas().items()}
    texts[CLIENT_PROTOCOL] = _json(client_schema())
    texts[Path("docs/EVENTS.md")] = events.render()
    texts[Path("docs/asyncapi.json")] = _json(asyncapi.render())
    permissions = {
        name: {"publish": permissions_of(name).publish, "subscribe": permissions_of(name).subscribe}
        for name in SERVICES
    }
    texts[Path("deploy/nats/permissions.json")] = _json(permissions)
    return texts


def differences(texts: dict[Path, str]) -> list[str]:
    """What on disk is not what the contracts say."""
    amiss = [f"{path} is out of date" for path, text in texts.items() if _read(path) != text]
    return amiss + [f"{path} belongs to no contract" for path in _strays(texts)]


def breaking(texts: dict[Path, str]) -> list[str]:
    """What the texts would break for whoever follows the committed schemas."""
    found = [f"{path.name} is gone" for path in _strays(texts)]
    for path, text in texts.items():
        if path.parent == SCHEMAS and (committed := _read(path)) is not None:
            old, new = json.loads(committed), json.loads(text)
            broken = client_breaks(old, new) if path == CLIENT_PROTOCOL else breaks(old, new)
            found += [f"{path.name}: {sentence}" for sentence in broken]
    return found


def client_breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a change of the client protocol would break: clients write the one half and only read the other."""
    return breaks(old, new, root="ClientFrame") + breaks(old, new, root="ServerFrame", only_read=True)


def main() -> int:
    """Run the command line; 1 where something is amiss."""
    parser = argparse.ArgumentParser(description="Write what is made from the contracts.")
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("--allow-break", action="store_true", help="write incompatible schemas, too")
    arguments = parser.parse_args()
    texts = documents()
    amiss = differences(texts) if arguments.check else ([] if arguments.allow_break else breaking(texts))
    sys.stderr.write("".join(f"{line}\n" for line in amiss))
    if amiss or arguments.check:
        return int(bool(amiss))
    for stale in _strays(texts):
        (ROOT / stale).unlink()
    for path, text in texts.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


def _strays(texts: dict[Path, str]) -> list[Path]:
    """Committed schemas that no contract asks for."""
    return sorted({path.relative_to(ROOT) for path in (ROOT / SCHEMAS).glob("*.json")} - texts.keys())


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    target = ROOT / path
    return target.read_text(encoding="utf-8") if target.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
