"""REST under `/api/v1`: a file per module of the client protocol."""
