"""Session, context, keyvault, analytics and identity as far as this service talks to them, and the gateway's ears."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

from palaver.contracts.actors import Role
from palaver.contracts.analytics import (
    BUDGET_RESERVE,
    COMPLETION_RESERVE,
    Reservation,
    ReserveBudget,
    ReserveCompletion,
)
from palaver.contracts.client_protocol import Delta
from palaver.contracts.context import WINDOW_BUILD, BuildWindow, Window
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.identity import ROLE_READ, PersonRole, ReadRole
from palaver.contracts.ids import KeyId, TurnId
from palaver.contracts.keyvault import (
    KEY_CANDIDATES,
    KEY_LEASE,
    SEAL_CONTEXT_LEASE,
    KeyCandidate,
    KeyCandidates,
    KeyLease,
    KeySecret,
    LeaseKey,
    ListCandidates,
)
from palaver.contracts.model_router import (
    COMPLETION_COMPLETED,
    COMPLETION_FAILED,
    COMPLETION_METERED,
    KEY_CHECKED,
    TURN_COMPLETED,
    TURN_DELTA,
    TURN_FAILED,
    TURN_STARTED,
    TURN_STOPPED,
    USAGE_METERED,
    CompletionMetered,
    CompletionOutcome,
    KeyChecked,
    Outcome,
    PromptCount,
    TurnStarted,
    UsageMetered,
    WindowMessage,
)
from palaver.contracts.session import (
    TURN_CLAIM,
    TURN_RENEW,
    ClaimTurn,
    Renewal,
    RenewedTurn,
    RenewedTurns,
    RenewTurns,
    TurnClaim,
)
from palaver.servicekit.errors import Unavailable
from palaver.servicekit.routes import Route, answer, hear
from palaver.servicekit.sealing import from_base64url, key_id_of, seal

Scope = Literal["personal", "shared"]
Status = Literal["held", "stopped", "lost", "ended"]
KEY_ID = KeyId("key-of-the-payer")
WINDOW = Window(
    messages=(
        WindowMessage(role="system", text="You are Ada."),
        WindowMessage(role="user", text="<<< User (person) >>>\nIs tea good?"),
    ),
    used=40,
    maximum=10_000,
    entries=1,
    left_out=0,
    speaker_prefixes=("<<< Ada (model) >>>", "Ada:"),
    stable=1,
    count=PromptCount(encoding="o200k_base", plain=30, wide=0, messages=2),
)


class Neighbours:
    """Set its fields to make the neighbours behave; read them to see what was said and asked."""

    def __init__(self) -> None:
        # how they behave
        self.verdict: Literal["run", "drop"] = "run"
        self.status: dict[TurnId, Status] = {}
        self.session_up = True
        self.ends_turns = True
        self.context_up = True
        self.window = WINDOW
        self.tighter_window = WINDOW
        self.money = True
        self.money_left: Decimal | None = Decimal(1)  # of the payer's limit; None without one
        self.analytics_up = asyncio.Event()
        self.analytics_up.set()
        self.person: PersonRole | None = PersonRole(role=Role.ADMIN, active=True)  # whoever identity is asked about
        self.overtaken: Literal["no", "elsewhere", "over"] = "no"
        self.secret = "sk-of-the-payer-1234"  # noqa: S105 - a made-up one
        self.more_keys: dict[KeyId, tuple[KeyCandidate, str]] = {}  # beside that one, with their secrets
        self.lease_host: str | None = None
        self.lease_provider = "openai"  # of keys that are only tried
        # what was asked
        self.claims: list[ClaimTurn] = []
        self.renewals: list[Renewal] = []
        self.windows: list[BuildWindow] = []
        self.leases: list[LeaseKey] = []
        self.candidate_questions: list[ListCandidates] = []
        self.reservations: list[ReserveBudget] = []
        self.side_job_reservations: list[ReserveCompletion] = []
        # what was said
        self.started: list[TurnStarted] = []
        self.outcomes: list[Outcome] = []
        self.usages: list[UsageMetered] = []
        self.side_job_usages: list[CompletionMetered] = []
        self.side_job_outcomes: list[CompletionOutcome] = []
        self.key_checks: list[KeyChecked] = []
        self.deltas: dict[TurnId, list[Delta]] = defaultdict(list)
        self.checkpoints: dict[tuple[TurnId, int], str] = defaultdict(str)

    @property
    def answers(self) -> tuple[Route, ...]:
        """What they answer."""
        return (
            answer(TURN_CLAIM, self._on_claim),
            answer(TURN_RENEW, self._on_renew),
            answer(WINDOW_BUILD, self._on_window),
            answer(KEY_CANDIDATES, self._on_candidates),
            answer(KEY_LEASE, self._on_lease),
            answer(BUDGET_RESERVE, self._on_reserve),
            answer(COMPLETION_RESERVE, self._on_reserve_side_job),
            answer(ROLE_READ, self._on_role),
        )

    @property
    def ears(self) -> tuple[Route, ...]:
        """What they hear."""
        return (
            hear(TURN_STARTED, self._on_started),
            hear(TURN_COMPLETED, self._on_outcome),
            hear(TURN_FAILED, self._on_outcome),
            hear(TURN_STOPPED, self._on_outcome),
            hear(USAGE_METERED, self._on_usage),
            hear(COMPLETION_METERED, self._on_side_job_usage),
            hear(COMPLETION_COMPLETED, self._on_side_job_outcome),
            hear(COMPLETION_FAILED, self._on_side_job_outcome),
            hear(KEY_CHECKED, self._on_key_checked),
            hear(TURN_DELTA, self._on_delta),
        )

    def shown(self, turn_id: TurnId, attempt: int = 1) -> str:
        """The text as a reader sees it who folds the deltas of an attempt. Raises AssertionError at a gap."""
        text = ""
        for delta in self.deltas[turn_id]:
            if delta.attempt == attempt:
                assert delta.offset <= len(text), f"gap: {delta.offset} after {len(text)}"
                text = text[: delta.offset] + delta.text + text[delta.offset + len(delta.text) :]
        return text

    # ---- session ---------------------------------------------------------------------------------------------------

    async def _on_claim(self, request: ClaimTurn) -> TurnClaim:
        self.claims.append(request)
        if not self.session_up:
            raise Unavailable("postgres")
        return TurnClaim(verdict=self.verdict)

    async def _on_renew(self, request: RenewTurns) -> RenewedTurns:
        self.renewals.extend(request.turns)
        if not self.session_up:
            raise Unavailable("postgres")
        return RenewedTurns(turns=tuple(self._renewed(renewal) for renewal in request.turns))

    def _renewed(self, renewal: Renewal) -> RenewedTurn:
        stored = self.checkpoints[renewal.turn_id, renewal.attempt]
        if renewal.checkpoint is not None:
            assert renewal.checkpoint.offset <= len(stored), "gap in checkpoints"
            stored = stored[: renewal.checkpoint.offset] + renewal.checkpoint.text
            self.checkpoints[renewal.turn_id, renewal.attempt] = stored
        status = self.status.get(renewal.turn_id, "held")
        return RenewedTurn(turn_id=renewal.turn_id, status=status, acknowledged=len(stored))

    # ---- identity --------------------------------------------------------------------------------------------------

    async def _on_role(self, _request: ReadRole) -> PersonRole:
        if self.person is None:
            raise Failure(ErrorCode.NOT_FOUND, "There is no such person.")
        return self.person

    # ---- context, keyvault, analytics ------------------------------------------------------------------------------

    async def _on_window(self, request: BuildWindow) -> Window:
        self.windows.append(request)
        if not self.context_up:
            raise Unavailable("postgres")
        return self.window if request.at_most is None else self.tighter_window

    def add_key(self, key_id: str, secret: str, *, weight: int = 1, order: int = 0, scope: Scope = "personal") -> KeyId:
        """One more key, for every provider."""
        known = KeyId(key_id)
        candidate = KeyCandidate(key_id=known, label=key_id, weight=weight, order=order, scope=scope)
        self.more_keys[known] = (candidate, secret)
        return known

    async def _on_candidates(self, request: ListCandidates) -> KeyCandidates:
        self.candidate_questions.append(request)
        own = KeyCandidate(key_id=KEY_ID, label="", weight=1, order=0, scope="personal")
        keys = (*((own,) if self.secret else ()), *(candidate for candidate, _ in self.more_keys.values()))
        if not keys:
            raise Failure(ErrorCode.KEY_MISSING, "There is no key for this provider.")
        return KeyCandidates(keys=keys)

    async def _on_lease(self, request: LeaseKey) -> KeyLease:
        self.leases.append(request)
        key_id = request.key_id or KEY_ID
        secret = self.more_keys[key_id][1] if key_id in self.more_keys else self.secret
        if not secret:
            raise Failure(ErrorCode.KEY_MISSING, "There is no key for this provider.")
        public = from_base64url(request.public_key)
        return KeyLease(
            key_id=key_id,
            provider=request.provider or self.lease_provider,
            host=self.lease_host or request.host or "",
            sealed=seal(KeySecret(secret=secret), public=public, key_id=key_id_of(public), context=SEAL_CONTEXT_LEASE),
            expires_at=datetime.now(UTC) + timedelta(minutes=10),
        )

    async def _on_reserve(self, request: ReserveBudget) -> Reservation:
        await self.analytics_up.wait()
        self.reservations.append(request)
        if not self.money:
            raise Failure(ErrorCode.QUOTA_EXCEEDED, "Today's limit is reached.")
        return Reservation(amount=request.amount, remaining=self.money_left)

    async def _on_reserve_side_job(self, request: ReserveCompletion) -> Reservation:
        await self.analytics_up.wait()
        self.side_job_reservations.append(request)
        if not self.money:
            raise Failure(ErrorCode.QUOTA_EXCEEDED, "Today's limit is reached.")
        if self.overtaken != "no":
            raise Failure(ErrorCode.CONFLICT, "Somebody was faster.", over=self.overtaken == "over")
        return Reservation(amount=request.amount, remaining=Decimal(1))

    # ---- ears ------------------------------------------------------------------------------------------------------

    async def _on_started(self, fact: TurnStarted) -> None:
        self.started.append(fact)

    async def _on_outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self.ends_turns:
            self.status[outcome.turn_id] = "ended"

    async def _on_usage(self, fact: UsageMetered) -> None:
        self.usages.append(fact)

    async def _on_side_job_usage(self, fact: CompletionMetered) -> None:
        self.side_job_usages.append(fact)

    async def _on_side_job_outcome(self, outcome: CompletionOutcome) -> None:
        self.side_job_outcomes.append(outcome)

    async def _on_key_checked(self, fact: KeyChecked) -> None:
        self.key_checks.append(fact)

    async def _on_delta(self, delta: Delta) -> None:
        self.deltas[delta.turn_id].append(delta)
