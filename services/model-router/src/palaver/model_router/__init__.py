"""The model workers: they pull turns, call providers and publish tokens."""
