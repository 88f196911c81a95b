"""`python -m palaver.gateway`: the gateway in a process of its own."""

import sys

from palaver.gateway.app import build
from palaver.gateway.settings import Settings
from palaver.servicekit.main import serve

sys.exit(serve(build, Settings))
