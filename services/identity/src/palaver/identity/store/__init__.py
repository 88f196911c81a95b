"""Tables and queries of this service: one file per noun, functions over an open connection."""
