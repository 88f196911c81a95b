"""`python -m palaver.context`: this service in a process of its own."""

import sys

from palaver.context.app import build
from palaver.context.settings import Settings
from palaver.servicekit.main import serve

sys.exit(serve(build, Settings))
