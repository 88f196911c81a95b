"""WebSocket clients: connections, the relay from broker to sockets, attach and resume."""
