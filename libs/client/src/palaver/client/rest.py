"""Palaver's REST surface: one method a call, envelopes opened, failures raised as `Failure`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx2
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from palaver.client.server_sent import server_sent
from palaver.contracts.client_protocol import ContextUsage, MessageItem
from palaver.contracts.context import SummaryDeleted, SummaryView
from palaver.contracts.failures import ErrorCode, Failure, FailureBody
from palaver.contracts.identity import UserView
from palaver.contracts.ids import MessageId, ParticipantId, SessionId, ShareId, SignInId, SummaryId, new_id
from palaver.contracts.limits import MAX_PAGE, REQUEST_SECONDS
from palaver.contracts.model_router import ModelCard
from palaver.contracts.personas import Persona
from palaver.contracts.session import EditedMessage, NewParticipant, ReplyVersions
from palaver.contracts.session_log import Participant, PromptMode, SessionView, TurnRef
from palaver.contracts.shares import SharedPage, ShareView
from palaver.contracts.sign_ins import SignInView

SILENT_SECONDS = 45.0
"""A stream of events without a word for so long is dead: the server's comments come every 15 s."""
RENEW_AHEAD = timedelta(seconds=60)
"""An access token this close to its end is renewed before it is used."""

MODELS = TypeAdapter(tuple[ModelCard, ...])
SUMMARIES = TypeAdapter(tuple[SummaryView, ...])
SESSIONS = TypeAdapter(tuple[SessionView, ...])
DEVICES = TypeAdapter(tuple[SignInView, ...])
PERSONAS = TypeAdapter(tuple[Persona, ...])
SHARES = TypeAdapter(tuple[ShareView, ...])
ITEMS: TypeAdapter[tuple[MessageItem, ...]] = TypeAdapter(tuple[MessageItem, ...])


class SignedIn(BaseModel):
    """What signing in gives a program."""

    model_config = ConfigDict(extra="ignore")

    user: UserView
    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    expires_at: datetime


class Rest:
    """One signed-in person's calls. Not safe for several people; make one each."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx2.AsyncClient(base_url=base_url.rstrip("/"), timeout=REQUEST_SECONDS, trust_env=False)
        self._signed_in: SignedIn | None = None
        self._renewing = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections; the log-in stays valid."""
        await self._http.aclose()

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody signed in, and did not log out."""
        return self._signed_in is not None

    @property
    def signed_in(self) -> SignedIn:
        """Who is signed in. Raises Failure(UNAUTHENTICATED) before that."""
        if self._signed_in is None:
            raise Failure(ErrorCode.UNAUTHENTICATED, "Sign in first.")
        return self._signed_in

    async def register(self, email: str, password: str, nickname: str, *, invitation: str | None = None) -> SignedIn:
        """Open an account and sign in. Raises Failure(INVITATION_REQUIRED, INVITATION_INVALID)."""
        body = {"email": email, "password": password, "nickname": nickname, "invitation": invitation}
        return await self._sign_in("register", body)

    async def log_in(self, email: str, password: str) -> SignedIn:
        """Sign in with a password. Raises Failure(SECOND_FACTOR_REQUIRED) for whoever has a second factor."""
        return await self._sign_in("login", {"email": email, "password": password})

    async def second_step(self, challenge: str, code: str) -> SignedIn:
        """After `log_in` raised Failure(SECOND_FACTOR_REQUIRED): its details have the challenge. A code of the
        authenticator, or one for recovery. Raises Failure(SECOND_FACTOR_INVALID) for a wrong one."""
        return await self._sign_in("login/second-factor", {"challenge": challenge, "code": code})

    async def redeem(self, code: str) -> SignedIn:
        """Sign in with the one-time code of a sign-in link."""
        return await self._sign_in("link", {"code": code})

    async def resume(self, refresh_token: str) -> SignedIn:
        """Sign in with a kept refresh token, which is thereby used up; keep the new one."""
        return await self._sign_in("refresh", {"refresh_token": refresh_token})

    async def log_out(self) -> None:
        """End this log-in everywhere."""
        await self._call("POST", "/api/v1/auth/logout", {"refresh_token": self.signed_in.refresh_token})
        self._signed_in = None

    async def change_password(self, current: str | None, new: str) -> None:
        """Another password; all other sign-ins end. None only for whoever has no password and has just signed in."""
        await self.call("PUT", "/api/v1/users/me/password", {"current_password": current, "new_password": new})

    async def forget_password(self, email: str) -> None:
        """Have a link mailed that sets a new password; nothing tells whether there is such an account."""
        await self._call("POST", "/api/v1/auth/forgot-password", {"email": email})

    async def reset_password(self, token: str, new: str) -> None:
        """Use a mailed link, once; all sign-ins end. Raises Failure(RESET_LINK_INVALID)."""
        await self._call("POST", "/api/v1/auth/reset-password", {"token": token, "new_password": new})

    async def devices(self) -> tuple[SignInView, ...]:
        """Where one is signed in, the last used first."""
        return DEVICES.validate_python(await self.get("/api/v1/users/me/devices"))

    async def log_device_out(self, device_id: SignInId) -> None:
        """End a sign-in from afar; its connections are closed within a second."""
        await self.call("DELETE", f"/api/v1/users/me/devices/{device_id}", None)

    async def log_other_devices_out(self) -> int:
        """End all sign-ins but this one; returns how many."""
        return int((await self.call("DELETE", "/api/v1/users/me/devices", None))["ended"])

    async def access_token(self) -> str:
        """A token that is still good for a while."""
        if self.signed_in.expires_at - RENEW_AHEAD <= datetime.now(UTC):
            return await self.renewed_token()
        return self.signed_in.access_token

    async def renewed_token(self) -> str:
        """A new token, whatever the old one is still good for. Concurrent callers share one exchange."""
        spent = self.signed_in.refresh_token
        async with self._renewing:
            if self.signed_in.refresh_token == spent:
                await self.resume(spent)
        return self.signed_in.access_token

    async def models(self) -> tuple[ModelCard, ...]:
        """The catalogue."""
        return MODELS.validate_python(await self.get("/api/v1/models"))

    async def sessions(self) -> tuple[SessionView, ...]:
        """The newest rooms."""
        return SESSIONS.validate_python(await self.get("/api/v1/sessions"))

    async def session(self, session_id: str) -> SessionView:
        """One room."""
        return SessionView.model_validate(await self.get(f"/api/v1/sessions/{session_id}"))

    async def create_session(
        self,
        participants: tuple[NewParticipant, ...],
        *,
        title: str = "",
        mode: str = "parallel",
        prompt_mode: PromptMode = "unified",
        system_prompt: str | None = None,
    ) -> SessionView:
        """Open a room."""
        body = {
            "title": title,
            "mode": mode,
            "prompt_mode": prompt_mode,
            "system_prompt": system_prompt,
            "participants": [p.model_dump(mode="json", exclude_none=True) for p in participants],
        }
        return SessionView.model_validate(await self.post("/api/v1/sessions", body))

    async def delete_session(self, session_id: SessionId) -> None:
        """Delete a room; what runs in it stops. For some weeks `restore_session` brings it back."""
        await self.call("DELETE", f"/api/v1/sessions/{session_id}", None)

    async def deleted_sessions(self) -> tuple[SessionView, ...]:
        """The rooms that can be restored, the last deleted first; each says in `purge_at` until when."""
        return SESSIONS.validate_python(await self.get("/api/v1/sessions", deleted="true", limit=str(MAX_PAGE)))

    async def restore_session(self, session_id: SessionId) -> SessionView:
        """Take a deleted room back. Raises Failure: not there any more, or you have too many rooms."""
        return SessionView.model_validate(await self.post(f"/api/v1/sessions/{session_id}/restore", {}))

    async def share(self, session_id: SessionId, *, days: int | None = None, prompts: bool = False) -> str:
        """Make a link to what a room shows now, and return its address, which is never shown again. Raises Failure."""
        made = await self.post(f"/api/v1/sessions/{session_id}/shares", {"days": days, "prompts": prompts})
        return str(self._http.base_url.join(made["path"]))

    async def shares(self, session_id: SessionId) -> tuple[ShareView, ...]:
        """The links to a room that work, without their tokens."""
        return SHARES.validate_python(await self.get(f"/api/v1/sessions/{session_id}/shares"))

    async def revoke_share(self, session_id: SessionId, share_id: ShareId) -> None:
        """Take a link back. Raises Failure."""
        await self.call("DELETE", f"/api/v1/sessions/{session_id}/shares/{share_id}", None)

    async def shared(self, address: str, after: int = 0) -> SharedPage:
        """A page of what a link shows, given its address or token; needs no sign-in. Raises Failure."""
        body = {"token": address.rpartition("#")[2], "after": after}
        return SharedPage.model_validate(await self._call("POST", "/api/v1/shared", body))

    async def switch_model(
        self, session_id: SessionId, model_id: str, participant_id: ParticipantId | None = None
    ) -> Participant:
        """Let another model answer from the next turn on; a room of one participant need not say whose.

        Raises Failure: unknown model, no key for it.
        """
        body = {"session_id": session_id, "participant_id": participant_id, "model_id": model_id}
        return Participant.model_validate(await self.post("/api/v1/chat/switch-model", body))

    async def context(self, session_id: SessionId) -> ContextUsage:
        """The meters of a room: also what each model no longer sees."""
        return ContextUsage.model_validate(await self.get(f"/api/v1/chat/context/{session_id}"))

    async def summaries(self, session_id: SessionId) -> tuple[SummaryView, ...]:
        """All versions of a room's summaries of what models no longer see, newest first."""
        return SUMMARIES.validate_python(await self.get(f"/api/v1/chat/context/{session_id}/summaries"))

    async def edit_summary(self, session_id: SessionId, summary_id: SummaryId, text: str) -> SummaryView:
        """Put your words in a version's place. Raises Failure: too long, or another version was made from this one."""
        path = f"/api/v1/chat/context/{session_id}/summaries/{summary_id}"
        return SummaryView.model_validate(await self.call("PUT", path, {"text": text}))

    async def delete_summary(self, session_id: SessionId, summary_id: SummaryId) -> tuple[int, ...]:
        """Delete a version and what models made from it; returns the versions that are gone."""
        path = f"/api/v1/chat/context/{session_id}/summaries/{summary_id}"
        return SummaryDeleted.model_validate(await self.call("DELETE", path, None)).versions

    async def edit(self, message_id: MessageId, text: str) -> EditedMessage:
        """Say one of your messages in other words, on a branch of its own. Raises Failure."""
        body = {"content": text, "client_message_id": new_id()}
        return EditedMessage.model_validate(await self.call("PUT", f"/api/v1/messages/{message_id}", body))

    async def select_branch(self, session_id: SessionId, branch: str) -> None:
        """Show another branch of a conversation; `Transcript.branches` lists them. Raises Failure."""
        await self.call("PUT", f"/api/v1/sessions/{session_id}/branch", {"branch": branch})

    async def regenerate(self, reply_id: MessageId, model: str | None = None) -> TurnRef:
        """Ask for another version of an answer, also of one that failed. Raises Failure."""
        return TurnRef.model_validate(await self.post(f"/api/v1/messages/{reply_id}/regenerate", {"model": model}))

    async def versions(self, reply_id: MessageId) -> ReplyVersions:
        """All versions of an answer. Raises Failure."""
        return ReplyVersions.model_validate(await self.get(f"/api/v1/messages/{reply_id}/versions"))

    async def select_version(self, reply_id: MessageId, version: int) -> None:
        """Show this version of an answer. Raises Failure."""
        await self.call("PUT", f"/api/v1/messages/{reply_id}/active-version", {"version": version})

    async def rate(
        self, reply_id: MessageId, rating: Literal[-1, 1] | None, comment: str = "", version: int | None = None
    ) -> None:
        """Say what you think of an answer; None takes it back. Raises Failure."""
        body = {"rating": rating, "comment": comment, "version": version}
        await self.call("POST", f"/api/v1/messages/{reply_id}/feedback", body)

    async def pin(self, message_id: MessageId) -> None:
        """Keep a message or reply in every model's window, as far as it fits."""
        await self.call("PUT", f"/api/v1/messages/{message_id}/pin", None)

    async def unpin(self, message_id: MessageId) -> None:
        """Take the pin away."""
        await self.call("DELETE", f"/api/v1/messages/{message_id}/pin", None)

    async def pinned(self, session_id: SessionId) -> tuple[MessageItem, ...]:
        """The pinned messages of a room, the last pinned first."""
        return ITEMS.validate_python(await self.get(f"/api/v1/sessions/{session_id}/pinned"))

    async def personas(self) -> tuple[Persona, ...]:
        """Presets for participants: one's own, then the built-in ones."""
        return PERSONAS.validate_python(await self.get("/api/v1/personas", limit=str(MAX_PAGE)))

    async def create_persona(self, name: str, **facts: str) -> Persona:
        """Keep a preset. `facts`: `slug`, `description`, `color`, `system_prompt`, `model`."""
        return Persona.model_validate(await self.post("/api/v1/personas", {"name": name, **facts}))

    async def delete_persona(self, slug: str) -> None:
        """Forget a preset; participants made from it stay as they are."""
        await self.call("DELETE", f"/api/v1/personas/{slug}", None)

    async def get(self, path: str, **query: str) -> Any:
        """GET any endpoint; the envelope's `data`."""
        return await self.call("GET", path, None, **query)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST to any endpoint; the envelope's `data`."""
        return await self.call("POST", path, body)

    async def call(self, method: str, path: str, body: dict[str, Any] | None, **query: str) -> Any:
        """Any endpoint, as the signed-in person; the envelope's `data`. Raises Failure."""
        token = await self.access_token()
        return await self._call(method, path, body, query, {"Authorization": f"Bearer {token}"})

    async def events(self, session_id: SessionId, last: str | None) -> AsyncIterator[tuple[str | None, bytes]]:
        """What happens in a room, after the id `last` if given. Raises Failure, httpx2.TransportError."""
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {await self.access_token()}"}
        if last is not None:
            headers["Last-Event-ID"] = last
        path, timeout = f"/api/v1/sessions/{session_id}/events", httpx2.Timeout(REQUEST_SECONDS, read=SILENT_SECONDS)
        async with self._http.stream("GET", path, headers=headers, timeout=timeout) as answer:
            if not answer.is_success:
                await answer.aread()
                _open(answer)
            async for event in server_sent(answer.aiter_bytes()):
                yield event

    async def _sign_in(self, how: str, body: dict[str, Any]) -> SignedIn:
        self._signed_in = SignedIn.model_validate(await self._call("POST", f"/api/v1/auth/{how}", body))
        return self._signed_in

    async def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        try:
            response = await self._http.request(method, path, json=body, params=query, headers=headers)
        except httpx2.TransportError as error:
            raise Failure(ErrorCode.SERVICE_UNAVAILABLE, f"Palaver cannot be reached: {error}") from error
        return _open(response)


def _open(response: httpx2.Response) -> Any:
    try:
        envelope = response.json()
        if envelope["success"]:
            return envelope.get("data")
        raise Failure.of(FailureBody.model_validate(envelope["error"]))
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise Failure(
            ErrorCode.INTERNAL, f"{response.request.url.path} answered {response.status_code} without an envelope."
        ) from error
