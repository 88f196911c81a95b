"""Signing in with a password and an authenticator's code: once each, few tries, nothing stored that could be used."""

import asyncio
from collections.abc import Awaitable

import pytest
from cryptography.exceptions import InvalidTag
from pyotp.totp import TOTP
from sqlalchemy import select

from palaver.contracts.failures import ErrorCode, Failure
from palaver.contracts.second_factor import SECOND_FACTOR_GET, ReadSecondFactor, SecondFactorState
from palaver.identity.authenticators import Authenticators
from palaver.identity.store.tables import audit, recovery_codes, second_factors, sign_in_challenges
from palaver.identity.testing.world import Person, World
from palaver.servicekit.secret_keys import new_secret_key, raw_key

pytestmark = [pytest.mark.component, pytest.mark.attack]

EMAIL = "ada@example.org"


async def refused(answer: Awaitable[object]) -> ErrorCode:
    with pytest.raises(Failure) as caught:
        await answer
    return caught.value.code


class Phone:
    """An authenticator, with the clock of the test."""

    def __init__(self, world: World, secret: str) -> None:
        self._world = world
        self._totp = TOTP(secret)

    def code(self, *, steps: int = 0) -> str:
        return self._totp.at(self._world.clock.now, counter_offset=steps)

    def wrong(self) -> str:
        """None of those that are right now."""
        right = {self.code(steps=steps) for steps in (-1, 0, 1)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


async def ada_with_phone(world: World) -> tuple[Person, Phone, tuple[str, ...]]:
    """Signed in, the second factor on, and none of the coming codes used."""
    ada = await world.edge.register(EMAIL)
    phone = Phone(world, await world.edge.begin_second_factor(ada))
    codes = await world.edge.confirm_second_factor(ada, phone.code())
    world.clock.forward(minutes=2)
    return ada, phone, codes


async def state(world: World, person: Person) -> SecondFactorState:
    return await world.edge.broker.ask(SECOND_FACTOR_GET, ReadSecondFactor(actor=person.actor))


async def outcomes(world: World, action: str) -> list[str]:
    async with world.database.read() as conn:
        return sorted((await conn.execute(select(audit.c.outcome).where(audit.c.action == action))).scalars())


async def test_after_the_password_a_code_is_needed_and_works_once(world: World) -> None:
    ada, phone, _ = await ada_with_phone(world)
    assert await refused(world.edge.log_in(EMAIL)) is ErrorCode.SECOND_FACTOR_REQUIRED
    challenge, other = await world.edge.challenge(EMAIL), await world.edge.challenge(EMAIL)
    assert (await world.edge.second_step(challenge, phone.code())).user.id == ada.user.id
    assert await refused(world.edge.second_step(challenge, phone.code())) is ErrorCode.UNAUTHENTICATED
    assert await refused(world.edge.second_step(other, phone.code())) is ErrorCode.SECOND_FACTOR_INVALID
    world.clock.forward(seconds=30)
    as_shown = f" {phone.code()[:3]} {phone.code()[3:]}"
    assert (await world.edge.second_step(other, as_shown)).user.id == ada.user.id


async def test_of_two_that_give_one_code_at_once_one_gets_in(world: World) -> None:
    _, phone, _ = await ada_with_phone(world)
    challenges = [await world.edge.challenge(EMAIL) for _ in range(2)]
    both = (world.edge.second_step(challenge, phone.code()) for challenge in challenges)
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [answer.code for answer in answers if isinstance(answer, Failure)] == [ErrorCode.SECOND_FACTOR_INVALID]


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (1, True), (2, False)])
async def test_clocks_may_differ_by_one_step(world: World, steps: int, accepted: bool) -> None:  # noqa: FBT001
    _, phone, _ = await ada_with_phone(world)
    challenge = await world.edge.challenge(EMAIL)
    answer = world.edge.second_step(challenge, phone.code(steps=steps))
    if accepted:
        await answer
    else:
        assert await refused(answer) is ErrorCode.SECOND_FACTOR_INVALID


async def test_a_recovery_code_replaces_the_phone_once_however_it_is_written(world: World) -> None:
    ada, _, codes = await ada_with_phone(world)
    assert len(set(codes)) == 10
    assert await state(world, ada) == SecondFactorState(enabled=True, recovery_codes_left=10)
    await world.edge.second_step(await world.edge.challenge(EMAIL), codes[0].replace("-", "").lower())
    assert await state(world, ada) == SecondFactorState(enabled=True, recovery_codes_left=9)
    again = await world.edge.challenge(EMAIL)
    assert await refused(world.edge.second_step(again, codes[0])) is ErrorCode.SECOND_FACTOR_INVALID


async def test_a_challenge_takes_few_codes_and_little_time(world: World) -> None:
    _, phone, _ = await ada_with_phone(world)
    challenge = await world.edge.challenge(EMAIL)
    for _ in range(5):
        assert await refused(world.edge.second_step(challenge, phone.wrong())) is ErrorCode.SECOND_FACTOR_INVALID
    assert await refused(world.edge.second_step(challenge, phone.code())) is ErrorCode.UNAUTHENTICATED
    late = await world.edge.challenge(EMAIL)
    world.clock.forward(minutes=5)
    assert await refused(world.edge.second_step(late, phone.code())) is ErrorCode.UNAUTHENTICATED
    assert await refused(world.edge.second_step("made up", phone.code())) is ErrorCode.UNAUTHENTICATED


async def test_who_guesses_on_with_new_challenges_is_locked_out_for_a_while(world: World) -> None:
    _, phone, codes = await ada_with_phone(world)
    for _ in range(2):
        challenge = await world.edge.challenge(EMAIL)
        for _ in range(5):
            await refused(world.edge.second_step(challenge, phone.wrong()))
    challenge = await world.edge.challenge(EMAIL)
    for code in (phone.code(), codes[0]):
        assert await refused(world.edge.second_step(challenge, code)) is ErrorCode.SECOND_FACTOR_INVALID
    world.clock.forward(minutes=16)
    await world.edge.second_step(await world.edge.challenge(EMAIL), phone.code())


async def test_it_is_not_asked_for_before_it_is_confirmed(world: World) -> None:
    ada = await world.edge.register(EMAIL)
    phone = Phone(world, await world.edge.begin_second_factor(ada))
    assert await refused(world.edge.confirm_second_factor(ada, phone.wrong())) is ErrorCode.SECOND_FACTOR_INVALID
    await world.edge.log_in(EMAIL)
    assert await state(world, ada) == SecondFactorState(enabled=False)
    await world.edge.confirm_second_factor(ada, phone.code())
    assert await refused(world.edge.begin_second_factor(ada)) is ErrorCode.CONFLICT


async def test_turning_it_on_and_off_needs_the_password_and_off_a_code_too(world: World) -> None:
    ada, phone, _ = await ada_with_phone(world)
    wrong = "not the password"
    assert await refused(world.edge.begin_second_factor(ada, wrong)) is ErrorCode.INVALID_CREDENTIALS
    off = world.edge.disable_second_factor
    assert await refused(off(ada, phone.code(), wrong)) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(off(ada, phone.wrong())) is ErrorCode.SECOND_FACTOR_INVALID
    await off(ada, phone.code())
    await world.edge.log_in(EMAIL)


async def test_new_recovery_codes_take_both_proofs_and_the_place_of_those_before(world: World) -> None:
    ada, phone, before = await ada_with_phone(world)
    renew = world.edge.renew_recovery_codes
    assert await refused(renew(ada, phone.code(), "not the password")) is ErrorCode.INVALID_CREDENTIALS
    assert await refused(renew(ada, phone.wrong())) is ErrorCode.SECOND_FACTOR_INVALID
    codes = await renew(ada, before[0])
    assert not set(codes) & set(before)
    assert (await state(world, ada)).recovery_codes_left == len(codes)
    challenge = await world.edge.challenge(EMAIL)
    assert await refused(world.edge.second_step(challenge, before[1])) is ErrorCode.SECOND_FACTOR_INVALID
    await world.edge.second_step(challenge, codes[0])
    async with asyncio.timeout(10):
        while await outcomes(world, "recovery-codes.renew") != ["done", "refused", "refused"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_who_has_no_second_factor_gets_no_recovery_codes(world: World) -> None:
    ada = await world.edge.register(EMAIL)
    assert await refused(world.edge.renew_recovery_codes(ada, "123456")) is ErrorCode.SECOND_FACTOR_INVALID
    assert (await state(world, ada)).recovery_codes_left == 0


async def test_a_changed_password_ends_challenges_that_followed_from_the_old_one(world: World) -> None:
    ada, phone, _ = await ada_with_phone(world)
    challenge = await world.edge.challenge(EMAIL)
    await world.edge.change_password(ada, "correct horse battery", "another long password")
    assert await refused(world.edge.second_step(challenge, phone.code())) is ErrorCode.UNAUTHENTICATED


async def test_the_database_holds_neither_secret_nor_codes_nor_challenges(world: World) -> None:
    ada = await world.edge.register(EMAIL)
    secret = await world.edge.begin_second_factor(ada)
    codes = await world.edge.confirm_second_factor(ada, Phone(world, secret).code())
    challenge = await world.edge.challenge(EMAIL)
    async with world.database.read() as conn:
        tables = (second_factors, recovery_codes, sign_in_challenges)
        dump = repr([tuple(row) for table in tables for row in await conn.execute(select(table))])
    assert ada.user.id in dump  # the search finds what is there
    for hidden in (secret, challenge, *codes, *(code.replace("-", "") for code in codes)):
        assert hidden not in dump


async def test_a_secret_in_another_persons_row_does_not_open(world: World) -> None:
    ada, bob = await world.edge.register(EMAIL), await world.edge.register("bob@example.org")
    authenticators = Authenticators(raw_key(new_secret_key()))
    secret, stored = authenticators.new(ada.user.id)
    now = world.clock.now
    code = TOTP(secret).at(now)
    assert authenticators.step_of(ada.user.id, stored, code, now, after=None) is not None
    with pytest.raises(InvalidTag):
        authenticators.step_of(bob.user.id, stored, code, now, after=None)
