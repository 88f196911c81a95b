"""What the gateway says of itself; it owns nothing durable."""

from palaver.contracts.operations import dependency_changed

OWNER = "gateway"
DEPENDENCY_CHANGED = dependency_changed(OWNER)
