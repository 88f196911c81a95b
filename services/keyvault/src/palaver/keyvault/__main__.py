"""`python -m palaver.keyvault`: this service in a process of its own."""

import sys

from palaver.keyvault.app import build
from palaver.keyvault.settings import Settings
from palaver.servicekit.main import serve

if __name__ == "__main__":
    sys.exit(serve(build, Settings))
