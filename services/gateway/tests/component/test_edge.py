"""What every HTTP answer carries, the web page, and repeating a request safely."""

from pathlib import Path
from typing import Any

import pytest

from palaver.contracts import session
from palaver.contracts.ids import new_id

pytestmark = [pytest.mark.component, pytest.mark.attack]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built web page."""
    directory = tmp_path / "dist"
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text("<!doctype html><title>Palaver</title>")
    (directory / "assets" / "index-1a2b3c.js").write_text("console.log('x');" * 200)
    (tmp_path / "secret.txt").write_text("outside")
    (directory / "manifest.webmanifest").write_text("{}")
    return directory


async def test_what_installs_the_page_has_its_type_and_a_shared_room_is_not_for_search_engines(
    gateway_for: Any, page: Path
) -> None:
    async with gateway_for(web_directory=str(page)) as served, served.http() as http:
        manifest = await http.get("/manifest.webmanifest")
        plain = await http.get("/manifest.webmanifest", headers={"Accept-Encoding": "identity"})
        script = await http.get("/assets/index-1a2b3c.js")
        shared, index = await http.get("/shared"), await http.get("/")
    for answer in (manifest, plain):
        assert answer.headers["content-type"] == "application/manifest+json"
        assert answer.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"].startswith("text/javascript")
    assert shared.headers["x-robots-tag"] == "noindex, nofollow"
    assert shared.headers["referrer-policy"] == "no-referrer"
    assert "x-robots-tag" not in index.headers


async def test_the_page_is_served_with_its_assets_for_ever_and_under_every_path(gateway_for: Any, page: Path) -> None:
    async with gateway_for(web_directory=str(page)) as served, served.http() as http:
        index = await http.get("/")
        route = await http.get("/rooms/42?x=1")
        asset = await http.get("/assets/index-1a2b3c.js")
        missing = await http.get("/assets/other.js")
        outside = await http.get("/%2e%2e/secret.txt")
        posted = await http.post("/")
    assert "Palaver" in index.text
    assert index.headers["cache-control"] == "no-cache"
    assert route.text == index.text
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-encoding"] == "gzip"
    assert missing.status_code == 404
    assert "outside" not in outside.text
    assert posted.status_code == 405


async def test_a_page_that_is_not_built_says_so_and_appears_once_it_is(gateway_for: Any, tmp_path: Path) -> None:
    directory = tmp_path / "later"
    async with gateway_for(web_directory=str(directory)) as served, served.http() as http:
        before = await http.get("/")
        directory.mkdir()
        (directory / "index.html").write_text("built")
        after = await http.get("/")
    assert before.status_code == 200
    assert "not built" in before.text
    assert after.text == "built"


async def test_every_answer_carries_the_security_headers(served: Any) -> None:
    async with served.http() as http:
        for path in ("/", "/api/v1/sessions", "/nowhere", "/healthz"):
            headers = (await http.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'self'")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers


async def test_allowed_origins_may_call_and_others_may_not(gateway_for: Any) -> None:
    async with gateway_for(allowed_origins=["https://chat.example.org"]) as served, served.http() as http:
        ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        yes = await http.options("/api/v1/models", headers={**ask, "Origin": "https://chat.example.org"})
        no = await http.options("/api/v1/models", headers={**ask, "Origin": "https://evil.example.org"})
    assert yes.headers["access-control-allow-origin"] == "https://chat.example.org"
    assert "access-control-allow-origin" not in no.headers


async def test_a_repeated_request_is_answered_and_not_done_again(served: Any, room: Any) -> None:
    await served.neighbours.always(session.SESSION_CREATE, room.view())
    async with served.signed_in(**{"Idempotency-Key": "k1"}) as http:
        first = await http.post("/api/v1/sessions", json={"title": "A"})
        second = await http.post("/api/v1/sessions", json={"title": "A"})
        other = await http.post("/api/v1/sessions", json={"title": "B"})
        elsewhere = await http.post("/api/v1/messages", json={"session_id": room.session_id, "content": "hi"})
    async with served.http(served.mint.token(new_id()), **{"Idempotency-Key": "k1"}) as http:
        stranger = await http.post("/api/v1/sessions", json={"title": "A"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT")
    assert elsewhere.status_code == 202
    assert "idempotent-replayed" not in stranger.headers
    assert len(served.neighbours.asked_for(session.SESSION_CREATE)) == 2


async def test_a_failed_request_may_be_tried_again_with_its_key(served: Any, room: Any) -> None:
    async with served.signed_in(**{"Idempotency-Key": "k2"}) as http:
        failed = await http.post("/api/v1/sessions", json={"title": "A"})
        await served.neighbours.always(session.SESSION_CREATE, room.view())
        again = await http.post("/api/v1/sessions", json={"title": "A"})
    assert (failed.status_code, again.status_code) == (503, 201)


async def test_keys_are_honoured_as_far_as_possible_without_redis(gateway_for: Any, room: Any, own_valkey: Any) -> None:
    async with gateway_for(redis=own_valkey.url()) as served:
        await served.neighbours.always(session.SESSION_CREATE, room.view())
        await own_valkey.stop()
        async with served.signed_in(**{"Idempotency-Key": "k3"}) as http:
            answer = await http.post("/api/v1/sessions", json={"title": "A"})
    assert answer.status_code == 201
