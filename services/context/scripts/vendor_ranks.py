"""Make `src/palaver/context/ranks/*.tiktoken.xz` from the npm package `tiktoken` 1.0.22.

Run once per new encoding: `npm pack tiktoken@1.0.22 && tar xzf tiktoken-1.0.22.tgz`, then
`python scripts/vendor_ranks.py package/encoders`. The npm files carry the ranks as lines `! <offset> <base64> …`; the
originals carry them as lines `<base64> <rank>`. What is written here is byte-identical to the originals, which is
checked by the hashes that the Python package `tiktoken` pins for them.
"""

import hashlib
import json
import lzma
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "palaver" / "context" / "ranks"
SHA256 = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}


def original(packed: str) -> bytes:
    """The `<base64> <rank>` lines of one packed `bpe_ranks` string."""
    lines: list[str] = []
    for row in packed.splitlines():
        _, offset, *tokens = row.split(" ")
        lines += [f"{token} {rank}\n" for rank, token in enumerate(tokens, int(offset))]
    return "".join(lines).encode()


def main(encoders: Path) -> None:
    """Convert, verify, pack."""
    TARGET.mkdir(exist_ok=True)
    for name, expected in SHA256.items():
        ranks = original(json.loads((encoders / f"{name}.json").read_text())["bpe_ranks"])
        if (found := hashlib.sha256(ranks).hexdigest()) != expected:
            raise SystemExit(f"{name}: sha256 {found} is not {expected}")
        packed = lzma.compress(ranks, preset=9 | lzma.PRESET_EXTREME)
        (TARGET / f"{name}.tiktoken.xz").write_bytes(packed)
        sys.stdout.write(f"{name}: {len(ranks)} bytes, packed {len(packed)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
