"""Documents made from the catalogue: JSON Schemas, EVENTS.md, AsyncAPI. Nothing here is a contract."""
