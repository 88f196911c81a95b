"""`python -m palaver.identity`: this service in a process of its own."""

import sys

from palaver.identity.app import build
from palaver.identity.settings import Settings
from palaver.servicekit.main import serve

if __name__ == "__main__":
    sys.exit(serve(build, Settings))
