"""Why an embedded server could not run. Each message is one sentence a person can act on."""


class EmbeddedServerError(Exception):
    """The server is not running; the message says why and what to do."""


class BinaryMissingError(EmbeddedServerError):
    """No usable program was found."""


class PortTakenError(EmbeddedServerError):
    """Another program listens on the port."""


class DataVersionError(EmbeddedServerError):
    """The data directory was made by another major version of the server."""


class StartFailedError(EmbeddedServerError):
    """The program ended or stayed silent while it should have become ready."""
