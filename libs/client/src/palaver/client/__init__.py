"""The Python SDK: rooms of models over one WebSocket, as typed events and assembled replies.

`Palaver` signs in and makes rooms; a `Room` follows one of them, whatever happens to the connection.
"""

from palaver.client.palaver import Palaver
from palaver.client.room import Room
from palaver.client.transcript import Piece, ReplyState, Transcript
from palaver.contracts.failures import Failure

__all__ = ["Failure", "Palaver", "Piece", "ReplyState", "Room", "Transcript"]
