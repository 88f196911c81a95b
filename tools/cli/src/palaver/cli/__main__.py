"""`python -m palaver.cli` is `palaver`."""

from palaver.cli.main import app

if __name__ == "__main__":
    app()
