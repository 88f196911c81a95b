"""Fit one conversation to one participant's model: the one way in which windows and meters are made."""

from collections.abc import Mapping
from dataclasses import dataclass

from palaver.context.attribution import MARKS, OWN_MARK
from palaver.context.counting import TokenCounter
from palaver.context.domain import EntryKey, Seat
from palaver.context.families import Family, family_of
from palaver.context.fit import Fit, Frame, Overflow, Sums, fit
from palaver.context.metrics import ContextMetrics
from palaver.context.ports import Projection
from palaver.context.prompts import system_prompt
from palaver.context.rooms import Rooms
from palaver.context.transcript import Line, Transcript, newest_message
from palaver.context.views import RoomView
from palaver.context.window import CLOSING, OPENING, SEAM, Request, shaped
from palaver.contracts.context import BuildWindow, Window
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.model_router import ModelProfile


@dataclass(frozen=True, slots=True)
class Fitted:
    """What would be sent: the lines of `transcript` that `fit` keeps, framed by `request`."""

    request: Request
    transcript: Transcript
    fit: Fit


def maximum(profile: ModelProfile) -> int:
    """Tokens that a request may have: the window less what is kept for the answer."""
    return max(0, profile.window - profile.reserve)


class Fitter:
    """Chooses what a participant's next request contains."""

    def __init__(self, counter: TokenCounter, projection: Projection) -> None:
        self._counter = counter
        self._projection = projection

    async def fit(
        self, view: RoomView, seat: Seat, profile: ModelProfile, *, leaf: str, end: int, closing: bool
    ) -> Fitted:
        """Fit the first `end` lines on the way to `leaf`. Raises Overflow, Unavailable.

        `closing`: a participant that spoke last itself gets the floor again where its grammar demands a user's turn.
        """
        family = family_of(profile.tokenizer)
        transcript = view.transcript(leaf)
        spoke_last = end > 0 and transcript.lines[end - 1].entry.participant_id == seat.participant_id
        request = Request(
            system=system_prompt(view.room, seat, view.speakers),
            participant_id=seat.participant_id,
            grammar=profile.grammar,
            closing=closing and profile.grammar.ends_with_user and (spoke_last or end == 0),
        )
        fitted = fit(
            await self.sums(view, seat, leaf, family),
            await self._frame(request, profile, family),
            end=end,
            keep=newest_message(transcript.lines, end),
            budget=int(maximum(profile) * (1 - family.margin)),
        )
        return Fitted(request, transcript, fitted)

    async def sums(self, view: RoomView, seat: Seat, leaf: str, family: Family) -> Sums:
        """Prefix sums of the lines as the seat's model reads them; kept with the view."""
        key = (leaf, seat.participant_id, family.encoding)
        if key not in view.sums:
            lines = view.transcript(leaf).lines
            bodies = await self._bodies(view, lines, family.encoding)
            own = [line.entry.participant_id == seat.participant_id for line in lines]
            extras = await self._extras(lines, family.encoding)
            counts = [
                bodies[line.entry.key] + extras[_extra(line, own=mine)] for line, mine in zip(lines, own, strict=True)
            ]
            view.sums[key] = Sums.of(own, counts, await self._one(family.encoding, SEAM))
        return view.sums[key]

    async def shared_tokens(self, view: RoomView, leaf: str, encoding: str) -> int:
        """Tokens of all that was said on the way to `leaf`, without headers."""
        return sum((await self._bodies(view, view.transcript(leaf).lines, encoding)).values())

    async def _bodies(self, view: RoomView, lines: tuple[Line, ...], encoding: str) -> Mapping[EntryKey, int]:
        """Counts of the texts; those that no one has counted in this encoding yet are counted and stored."""
        late = view.late_counts.setdefault(encoding, {})
        counts = {line.entry.key: line.entry.counts.get(encoding, late.get(line.entry.key, -1)) for line in lines}
        missing = [line for line in lines if counts[line.entry.key] < 0]
        if missing:
            counted = await self._counter.count(encoding, [line.quoted for line in missing])
            added = {line.entry.key: tokens for line, tokens in zip(missing, counted, strict=True)}
            await self._projection.keep_counts(view.room.session_id, encoding, added)
            late |= added
            counts |= added
        return counts

    async def _extras(self, lines: tuple[Line, ...], encoding: str) -> Mapping[str, int]:
        """Counts of headers and marks: few texts, over and over."""
        texts = list({_extra(line, own=own) for line in lines for own in (True, False)})
        return dict(zip(texts, await self._counter.remembered(encoding, texts), strict=True))

    async def _frame(self, request: Request, profile: ModelProfile, family: Family) -> Frame:
        texts = [request.system, CLOSING if request.closing else "", OPENING]
        system, closing, opening = await self._counter.remembered(family.encoding, texts)
        needs_opening = profile.grammar.starts_with_user and not (profile.grammar.system == "none" and request.system)
        return Frame(family, profile.message_overhead, system, closing, opening if needs_opening else 0)

    async def _one(self, encoding: str, text: str) -> int:
        return (await self._counter.remembered(encoding, [text]))[0]


def _extra(line: Line, *, own: bool) -> str:
    """What stands around a text: others' get a header, a participant's own only a mark if it was stopped."""
    if not own:
        return line.header
    return OWN_MARK.format(mark=MARKS[line.entry.mark]) if line.entry.mark in MARKS else ""


class WindowBuilder:
    """Answers `window.build`."""

    def __init__(self, rooms: Rooms, fitter: Fitter, metrics: ContextMetrics) -> None:
        self._rooms = rooms
        self._fitter = fitter
        self._metrics = metrics

    async def build(self, order: BuildWindow) -> Window:
        """The window. Raises Failure(SESSION_NOT_FOUND, NOT_FOUND, CONTEXT_OVERFLOW), Unavailable."""
        view = await self._rooms.at_least(order.session_id, order.min_seq)
        seat = view.room.seats.get(order.participant_id)
        if seat is None:
            raise Failure(ErrorCode.NOT_FOUND, "There is no such participant in this conversation.")
        leaf = order.before.branch
        end = view.transcript(leaf).end(order.before)
        try:
            fitted = await self._fitter.fit(view, seat, order.profile, leaf=leaf, end=end, closing=True)
        except Overflow as overflow:
            self._metrics.overflows.inc()
            raise _refused(overflow, order.profile) from overflow
        most = maximum(order.profile)
        self._metrics.fill.observe(fitted.fit.used / most if most else 1.0)
        return Window(
            messages=shaped(fitted.request, fitted.transcript, fitted.fit),
            used=fitted.fit.used,
            maximum=most,
            entries=fitted.fit.kept,
            left_out=end - fitted.fit.kept,
            speaker_prefixes=view.speakers.echoes(order.participant_id),
        )


def _refused(overflow: Overflow, profile: ModelProfile) -> Failure:
    return Failure(
        ErrorCode.CONTEXT_OVERFLOW,
        f"The newest message and the system prompt take {overflow.needed} tokens; {profile.model_id} can read "
        f"{overflow.available} at most. Shorten them, or choose a model with a larger window.",
        needed=overflow.needed,
        available=overflow.available,
    )
