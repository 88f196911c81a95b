"""Every operation of the running API, read from the document that it serves: a new one is attacked at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from attacklab.bodies import Bodies, Ids

PREFIX = "/api/v1/"
METHODS = {"get", "post", "put", "delete", "patch"}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, and how to ask for it in earnest: with everything that it needs in its path, query and body."""

    method: str
    template: str
    needs_sign_in: bool
    queries: Mapping[str, Any]
    body: Any
    bodies: Bodies

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def names(self) -> set[str]:
        """Of the ids that it can be given, wherever it takes them."""
        inside = self.bodies.names(self.body) if self.body is not None else set[str]()
        return {*self.in_path, *self.queries, *inside}

    @property
    def in_path(self) -> list[str]:
        """Names of the ids in its path."""
        return _PLACEHOLDER.findall(self.template)

    @property
    def references(self) -> set[str]:
        """Names of what it may be asked about: a slug in a body is only the name of something new."""
        inside = self.names - {"slug"}
        return {*self.in_path, *inside}

    def path(self, ids: Ids) -> str:
        """With its ids. Raises KeyError for one that nobody has."""
        return self.template.format(**{name: ids[name] for name in self.in_path})

    def request(self, http: httpx2.AsyncClient, ids: Ids, headers: Mapping[str, str]) -> httpx2.Request:
        """One that fits the document."""
        given = {name: ids[name] for name in self.queries if name in ids}
        sent: Any = {} if self.body is None else {"json": self.bodies.smallest(self.body, ids)}
        return http.build_request(self.method, self.path(ids), params=given, headers={**headers}, **sent)


def operations_of(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All of `/api/v1`."""
    bodies = Bodies(document)
    for template, methods in document["paths"].items():
        for method, facts in methods.items():
            if method not in METHODS or not template.startswith(PREFIX):
                continue
            content = facts.get("requestBody", {}).get("content", {}).get("application/json", {})
            queries = {p["name"]: p["schema"] for p in facts.get("parameters", ()) if p["in"] == "query"}
            yield Operation(
                method.upper(), template, bool(facts.get("security")), queries, content.get("schema"), bodies
            )
