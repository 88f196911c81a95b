"""`python -m palaver.model_router`: one model worker against external servers."""

from palaver.model_router.app import build
from palaver.model_router.settings import Settings
from palaver.servicekit.main import serve

if __name__ == "__main__":
    serve(build, Settings)
