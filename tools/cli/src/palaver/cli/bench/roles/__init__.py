"""The processes of a run, one module each: `python -m palaver.cli.bench.roles <module>` calls its `play`."""
