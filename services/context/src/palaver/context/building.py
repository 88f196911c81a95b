"""Fit one conversation to one participant's model: the one way in which windows and meters are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from palaver.context.attribution import MARKS, NOTE, OWN_MARK, clean_name, quoted
from palaver.context.compaction import DUE, LONGEST, Fitting
from palaver.context.counting import TokenCounter
from palaver.context.domain import EntryKey, Seat
from palaver.context.families import family_of, supposed
from palaver.context.fit import Fit, Frame, Overflow, Sums, affordable, block_of
from palaver.context.metrics import ContextMetrics
from palaver.context.ports import Projection, RateSource, SummarySource
from palaver.context.prompts import system_prompt
from palaver.context.rates import NOTHING, Count, Tokens
from palaver.context.reading import SEAM
from palaver.context.rooms import Rooms
from palaver.context.summary import Summary, Wanted, most_tokens, window_class
from palaver.context.transcript import Line, Transcript, newest_message
from palaver.context.views import RoomView
from palaver.context.window import CLOSING, OPENING, Request, shaped
from palaver.contracts.context import BuildWindow, Window
from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.ids import SessionId
from palaver.contracts.model_router import ModelProfile, PromptCount
from palaver.servicekit.encoding import Encoded


@dataclass(frozen=True, slots=True)
class Fitted:
    """What would be sent: the lines of `transcript` that `fit` keeps, framed by `request`.

    `summary` stands in it for the first lines, which are left out; they hold the share `summarised` of all tokens.
    `due`: so many lines ought to be covered by a new summary; 0 where none is worth while.
    """

    request: Request
    transcript: Transcript
    fit: Fit
    encoding: str
    summary: Summary | None = None
    summarised: float = 0.0
    due: int = 0

    @property
    def count(self) -> PromptCount:
        """What was counted of it, for whoever learns what the provider counts."""
        tally = self.fit.tally
        return PromptCount(
            encoding=self.encoding,
            plain=tally.plain,
            wide=tally.wide,
            messages=tally.messages,
            plain_characters=tally.plain_characters,
            wide_characters=tally.wide_characters,
        )


def maximum(profile: ModelProfile) -> int:
    """Tokens that a request may have: the window less what is kept for the answer."""
    return max(0, profile.window - profile.reserve)


class Fitter:
    """Chooses what a participant's next request contains."""

    def __init__(
        self,
        counter: TokenCounter,
        projection: Projection,
        rates: RateSource,
        summaries: SummarySource | None = None,
    ) -> None:
        self._counter = counter
        self._projection = projection
        self._rates = rates
        self._summaries = summaries

    async def fit(
        self,
        view: RoomView,
        seat: Seat,
        profile: ModelProfile,
        *,
        leaf: str,
        end: int,
        closing: bool,
        at_most: int | None = None,
    ) -> Fitted:
        """Fit the first `end` lines on the way to `leaf`. Raises Overflow, Unavailable.

        `closing`: a participant that spoke last itself gets the floor again where its grammar demands a user's turn.
        `at_most`: tokens, less than the window allows, because the provider refused more.
        """
        encoding = family_of(profile.tokenizer).encoding
        transcript = view.transcript(leaf)
        spoke_last = end > 0 and transcript.lines[end - 1].entry.participant_id == seat.participant_id
        request = Request(
            system=system_prompt(view.room, seat, view.speakers),
            participant_id=seat.participant_id,
            grammar=profile.grammar,
            closing=closing and profile.grammar.ends_with_user and (spoke_last or end == 0),
            note=_note(profile.model_id, transcript.others(seat.participant_id, profile.model_id, end)),
        )
        frame = await self._frame(request, profile, encoding)
        budget = frame.rates.budget(maximum(profile))
        newest = newest_message(transcript.lines, end)
        budget = budget if at_most is None else min(budget, at_most)
        sums = await self.sums(view, seat, leaf, encoding)
        keep = () if newest is None else (newest,)
        wanted = transcript.pinned(view.room.pins, end)
        pins = affordable(sums, frame, end=end, keep=keep, budget=budget, pins=wanted) if wanted else ()
        fitting = Fitting(sums, frame, end=end, keep=keep, budget=budget, pins=pins)
        plain = Fitted(request, transcript, fitting.fit(), encoding)
        if self._summaries is None:
            return plain
        return await self._compacted(plain, fitting, self._summaries, view.room.session_id, profile)

    async def _compacted(
        self,
        plain: Fitted,
        fitting: Fitting,
        summaries: SummarySource,
        session_id: SessionId,
        profile: ModelProfile,
    ) -> Fitted:
        """With a summary of what is left out, if there is any; see `compaction`."""
        window = window_class(maximum(profile))
        if not (ahead := fitting.ahead(window, plain.fit, DUE)):
            return plain
        longest = fitting.ahead(window, plain.fit, LONGEST) or ahead
        found = await summaries.serving(session_id, plain.transcript.lines, at_most=longest, tokens=most_tokens(window))
        covered = found[-1].coverage.entries if found else 0
        due = replace(plain, due=ahead if fitting.worth_while(covered, ahead, window) else 0)
        if plain.fit.start == 0:
            return due
        chosen = due
        # One that covers less than what falls out in any case leaves a gap: only the last of them may have to do.
        for summary in [one for one in found[:-1] if one.coverage.entries >= plain.fit.start] + list(found[-1:]):
            fit = fitting.behind(summary, await self._one(plain.encoding, summary.block), plain.fit)
            if fit is not None:
                share = fitting.sums.counted[summary.coverage.entries] / max(1, fitting.sums.counted[fitting.end])
                request = replace(plain.request, summary=summary.block)
                chosen = replace(due, request=request, fit=fit, summary=summary, summarised=share)
                if fit.start == summary.coverage.entries:
                    break
        return chosen

    async def sums(self, view: RoomView, seat: Seat, leaf: str, encoding: str) -> Sums:
        """Prefix sums of the lines as the seat's model reads them; kept with the view."""
        lines, key = view.transcript(leaf).lines, (seat.participant_id, encoding)
        sums = view.sums(leaf, key) or Sums.of((), (), await self._one(encoding, SEAM))
        if len(sums.own) < len(lines):
            lines = lines[len(sums.own) :]
            bodies = await self._bodies(view, lines, encoding)
            own = [line.entry.participant_id == seat.participant_id for line in lines]
            extras = await self._extras(lines, encoding)
            counts = [
                Count(*bodies[line.entry.key], *line.characters).joined(extras[_extra(line, own=mine)])
                for line, mine in zip(lines, own, strict=True)
            ]
            sums = sums.extended(own, counts)
            view.keep_sums(leaf, key, sums)
        return sums

    async def shared_tokens(self, view: RoomView, leaf: str, encoding: str) -> int:
        """Tokens of all that was said on the way to `leaf`, without headers."""
        return sum(map(sum, (await self._bodies(view, view.transcript(leaf).lines, encoding)).values()))

    async def _bodies(self, view: RoomView, lines: tuple[Line, ...], encoding: str) -> Mapping[EntryKey, Tokens]:
        """Tokens of the texts; those that no one has counted in this encoding yet are counted and stored."""
        late = view.late_counts.setdefault(encoding, {})
        known = {line.entry.key: line.entry.counts.get(encoding) or late.get(line.entry.key) for line in lines}
        counts = {key: tokens for key, tokens in known.items() if tokens is not None}
        if missing := [line for line in lines if line.entry.key not in counts]:
            # As `intake` counts them: also where nobody has to be told apart yet, for somebody may join.
            counted = await self._counter.count(encoding, [quoted(line.entry.text) for line in missing])
            added = {line.entry.key: count.tokens for line, count in zip(missing, counted, strict=True)}
            await self._projection.keep_counts(view.room.session_id, encoding, added)
            late |= added
            counts |= added
        return counts

    async def _extras(self, lines: tuple[Line, ...], encoding: str) -> Mapping[str, Count]:
        """Counts of headers and marks: few texts, over and over."""
        texts = list({_extra(line, own=own) for line in lines for own in (True, False)})
        return dict(zip(texts, await self._counter.remembered(encoding, texts), strict=True))

    async def _frame(self, request: Request, profile: ModelProfile, encoding: str) -> Frame:
        texts = [request.system, CLOSING if request.closing else "", OPENING, request.note]
        system, closing, opening, note = await self._counter.remembered(encoding, texts)
        needs_opening = profile.grammar.starts_with_user and not (profile.grammar.system == "none" and request.system)
        first = supposed(profile)
        block = block_of(first, system, first.budget(maximum(profile)))
        opening = opening if needs_opening else NOTHING
        return Frame(self._rates.rates(profile), system, closing, opening, note, block=block)

    async def _one(self, encoding: str, text: str) -> Count:
        return (await self._counter.remembered(encoding, [text]))[0]


def _note(model: str, earlier: Sequence[str]) -> str:
    """What a model is told of others that answered in its place; nothing where there were none."""
    if not earlier:
        return ""
    return NOTE.format(model=clean_name(model), earlier=", ".join(map(clean_name, earlier)))


def _extra(line: Line, *, own: bool) -> str:
    """What stands around a text: others' get a header, a participant's own only a mark if it was stopped."""
    if not own:
        return line.header
    return OWN_MARK.format(mark=MARKS[line.entry.mark]) if line.entry.mark in MARKS else ""


class WindowBuilder:
    """Answers `window.build`. `want`: told, without being waited for, which summary is missing."""

    def __init__(
        self, rooms: Rooms, fitter: Fitter, metrics: ContextMetrics, want: Callable[[Wanted], None] | None = None
    ) -> None:
        self._rooms = rooms
        self._fitter = fitter
        self._metrics = metrics
        self._want = want

    async def build(self, order: BuildWindow) -> Encoded[Window]:
        """The window, as JSON, which its texts already are.

        Raises Failure(SESSION_NOT_FOUND, NOT_FOUND, CONTEXT_OVERFLOW), Unavailable.
        """
        view = await self._rooms.at_least(order.session_id, order.min_seq)
        seat = view.room.seats.get(order.participant_id)
        if seat is None:
            raise Failure(ErrorCode.NOT_FOUND, "There is no such participant in this conversation.")
        leaf = order.before.branch
        end = view.transcript(leaf).end(order.before)
        try:
            fitted = await self._fitter.fit(
                view, seat, order.profile, leaf=leaf, end=end, closing=True, at_most=order.at_most
            )
        except Overflow as overflow:
            self._metrics.overflows.inc()
            raise _refused(overflow, order.profile) from overflow
        most = maximum(order.profile)
        if fitted.due and self._want is not None:
            self._want(Wanted(order.session_id, window_class(most), leaf, fitted.due))
        self._metrics.fill.observe(fitted.fit.used / most if most else 1.0)
        messages = shaped(fitted.request, view.reading(leaf, seat.participant_id), fitted.fit)
        return Encoded[Window].joined(
            Window(
                messages=(),
                used=fitted.fit.used,
                maximum=most,
                entries=fitted.fit.kept,
                left_out=end - fitted.fit.kept,
                summarised=fitted.summary.coverage.entries if fitted.summary else 0,
                speaker_prefixes=view.speakers.echoes(order.participant_id),
                stable=max(0, messages.count - 1),
                count=fitted.count,
            ),
            messages=messages.json(),
        )


def _refused(overflow: Overflow, profile: ModelProfile) -> Failure:
    return Failure(
        ErrorCode.CONTEXT_OVERFLOW,
        f"The newest message and the system prompt take {overflow.needed} tokens; {profile.model_id} can read "
        f"{overflow.available} at most. Shorten them, or choose a model with a larger window.",
        needed=overflow.needed,
        available=overflow.available,
    )
