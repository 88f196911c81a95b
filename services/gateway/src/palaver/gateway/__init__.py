"""The only HTTP and WebSocket edge."""
