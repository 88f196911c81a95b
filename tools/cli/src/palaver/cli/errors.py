"""What the command line tells its person when something cannot be done."""


class CommandError(Exception):
    """One sentence that says what is wrong and what to do; printed without a trace, exit status 1."""
