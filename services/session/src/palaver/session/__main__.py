"""`python -m palaver.session`: this service in a process of its own."""

import sys

from palaver.servicekit.main import serve
from palaver.session.app import build
from palaver.session.settings import Settings

sys.exit(serve(build, Settings))
