"""What running routes need from the service that they belong to."""

from dataclasses import dataclass

from opentelemetry.trace import Tracer

from palaver.servicekit.broker import Broker
from palaver.servicekit.metrics import MessageMetrics


@dataclass(frozen=True, slots=True)
class Runtime:
    """Handed to every route when it is opened."""

    service: str
    broker: Broker
    metrics: MessageMetrics
    tracer: Tracer
