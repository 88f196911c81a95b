"""`python -m palaver.context`: this service in a process of its own."""

from palaver.context.app import build
from palaver.context.settings import Settings
from palaver.servicekit.main import serve

if __name__ == "__main__":
    serve(build, Settings)
