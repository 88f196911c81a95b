"""Every subject, payload, stream and error that crosses a process boundary."""
