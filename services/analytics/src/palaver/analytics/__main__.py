"""`python -m palaver.analytics`: this service in a process of its own."""

import sys

from palaver.analytics.app import build
from palaver.analytics.settings import Settings
from palaver.servicekit.main import serve

sys.exit(serve(build, Settings))
