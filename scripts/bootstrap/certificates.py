"""Trust what the machine trusts: uv and Node bring their own lists, which lack a company's own authority."""

import ssl
from pathlib import Path


def trust() -> dict[str, str]:
    """Environment variables that make uv and Node use the system's certificates; empty where there are none."""
    bundle = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    if not Path(bundle).is_file():
        return {}
    return {"UV_SYSTEM_CERTS": "true", "NODE_EXTRA_CA_CERTS": bundle}
