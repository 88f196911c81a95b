"""Personas: a person's own and the built-in ones, and the participants that are made from them."""

from collections.abc import Awaitable
from typing import Any

import pytest

from palaver.contracts.failures import ErrorCode
from palaver.contracts.personas import (
    PERSONA_CREATE,
    PERSONA_DELETE,
    PERSONA_GET,
    PERSONA_LIST,
    PERSONA_UPDATE,
    CreatePersona,
    ListPersonas,
    OfPersona,
    Persona,
    UpdatePersona,
)
from palaver.contracts.session import (
    PARTICIPANT_ADD,
    PARTICIPANT_UPDATE,
    SESSION_CREATE,
    SESSION_UPDATE,
    AddParticipant,
    CreateSession,
    NewParticipant,
    UpdateParticipant,
    UpdateSession,
)
from palaver.session.personas import built_in
from palaver.session.testing.world import Replica, World, actor, refused

pytestmark = pytest.mark.component

BUILT_IN = ["expert", "sceptic", "organiser", "storyteller"]


async def keep(world: World, name: str, *, user: str = "alice", **facts: Any) -> Persona:
    return await world.broker.ask(PERSONA_CREATE, CreatePersona(actor=actor(user), name=name, **facts))


async def listed(world: World, *, user: str = "alice", **page: int) -> tuple[list[str], int]:
    found = await world.broker.ask(PERSONA_LIST, ListPersonas(actor=actor(user), **page))
    return [persona.slug for persona in found.personas], found.total


async def test_a_persona_is_kept_changed_and_forgotten(world: World, replica: Replica) -> None:
    await replica()
    facts = {"description": "Doubts.", "color": "#112233", "system_prompt": "You are {{name}}.", "model": "demo/ada"}
    made = await keep(world, "  Dr. Véra\u200b Doubt ", **facts)
    assert (made.slug, made.name, made.built_in) == ("dr-vera-doubt", "Dr. Véra Doubt", False)
    one = OfPersona(actor=actor(), slug=made.slug)
    assert await world.broker.ask(PERSONA_GET, one) == made
    change = UpdatePersona(actor=actor(), slug=made.slug, system_prompt="Doubt, {{others}}.", model="")
    changed = await world.broker.ask(PERSONA_UPDATE, change)
    assert (changed.system_prompt, changed.model, changed.name, changed.color) == (
        "Doubt, {{others}}.",
        None,
        made.name,
        "#112233",
    )
    assert made.updated_at is not None
    assert changed.updated_at is not None
    assert changed.updated_at > made.updated_at
    await world.broker.ask(PERSONA_DELETE, one)
    asked: tuple[Awaitable[Any], ...] = (world.broker.ask(PERSONA_GET, one), world.broker.ask(PERSONA_DELETE, one))
    for again in asked:
        assert (await refused(again)).code is ErrorCode.PERSONA_NOT_FOUND


async def test_slugs_are_given_once_and_made_from_names_where_none_is_wished_for(
    world: World, replica: Replica
) -> None:
    await replica()
    slugs = [(await keep(world, name)).slug for name in ("Ada", "ada", "Sceptic", "\u6000\u7591\u8005", "!!")]
    assert slugs == ["ada", "ada-2", "sceptic-2", "persona", "persona-2"]
    assert (await keep(world, "Other", slug="wished-for")).slug == "wished-for"
    for taken in ("ada", "sceptic"):
        failure = await refused(keep(world, "X", slug=taken))
        assert (failure.code, failure.details) == (ErrorCode.CONFLICT, {"slug": taken})


async def test_own_personas_come_by_name_before_the_built_in_ones_and_nobody_sees_another_s(
    world: World, replica: Replica
) -> None:
    await replica()
    for name in ("zoe", "Bea", "ann"):
        await keep(world, name)
    assert await listed(world) == (["ann", "bea", "zoe", *BUILT_IN], 7)
    pages = [await listed(world, page=page, limit=2) for page in range(1, 6)]
    assert [slugs for slugs, _ in pages] == [
        ["ann", "bea"],
        ["zoe", "expert"],
        ["sceptic", "organiser"],
        ["storyteller"],
        [],
    ]
    assert {total for _, total in pages} == {7}
    assert await listed(world, user="mallory") == (BUILT_IN, 4)
    hers = OfPersona(actor=actor("mallory"), slug="ann")
    asked: tuple[Awaitable[Any], ...] = (world.broker.ask(PERSONA_GET, hers), world.broker.ask(PERSONA_DELETE, hers))
    for question in asked:
        assert (await refused(question)).code is ErrorCode.PERSONA_NOT_FOUND
    seat = NewParticipant(model="demo/ada", persona="ann")
    request = CreateSession(actor=actor("mallory"), participants=(seat,))
    assert (await refused(world.broker.ask(SESSION_CREATE, request))).code is ErrorCode.PERSONA_NOT_FOUND


async def test_built_in_personas_can_be_read_and_not_changed(world: World, replica: Replica) -> None:
    await replica()
    one = OfPersona(actor=actor(), slug="sceptic")
    found = await world.broker.ask(PERSONA_GET, one)
    assert (found.name, found.built_in, found.created_at) == ("Sceptic", True, None)
    assert (await refused(world.broker.ask(PERSONA_DELETE, one))).code is ErrorCode.FORBIDDEN
    change = UpdatePersona(actor=actor(), slug="sceptic", name="Believer")
    assert (await refused(world.broker.ask(PERSONA_UPDATE, change))).code is ErrorCode.FORBIDDEN
    assert await world.broker.ask(PERSONA_GET, one) == found


async def test_a_person_keeps_only_so_many_and_only_of_models_that_exist(world: World, replica: Replica) -> None:
    await replica(max_personas_per_owner=1)
    assert (await refused(keep(world, "A", model="unknown/x"))).code is ErrorCode.MODEL_NOT_FOUND
    await keep(world, "A")
    failure = await refused(keep(world, "B"))
    assert (failure.code, failure.details) == (ErrorCode.TOO_MANY_PERSONAS, {"maximum": 1})
    await keep(world, "B", user="bob")


async def test_a_participant_gets_a_copy_and_what_is_said_otherwise_comes_first(world: World, replica: Replica) -> None:
    await replica()
    await keep(world, "Critic", color="#112233", system_prompt="Doubt.", model="demo/bo")
    wanted = (
        NewParticipant(persona="critic"),
        NewParticipant(persona="critic", model="demo/ada", name="Kim", color="#445566", system_prompt="", muted=True),
        NewParticipant(persona="sceptic", model="demo/ada"),
    )
    room = await world.broker.ask(SESSION_CREATE, CreateSession(actor=actor(), participants=wanted))
    first, second, third = room.participants
    assert (first.name, first.color, first.system_prompt, first.model_id, first.persona) == (
        "Critic",
        "#112233",
        "Doubt.",
        "demo/bo",
        "critic",
    )
    assert (second.name, second.color, second.system_prompt, second.model_id, second.persona, second.muted) == (
        "Kim",
        "#445566",
        None,
        "demo/ada",
        "critic",
        True,
    )
    assert (third.name, third.system_prompt) == ("Sceptic", built_in()["sceptic"].system_prompt)
    await world.broker.ask(PERSONA_DELETE, OfPersona(actor=actor(), slug="critic"))
    assert (await world.attach(room)).session.participants == room.participants
    nameless = AddParticipant(actor=actor(), session_id=room.id, participant=NewParticipant(persona="sceptic"))
    failure = await refused(world.broker.ask(PARTICIPANT_ADD, nameless))
    assert (failure.code, failure.details) == (ErrorCode.VALIDATION_FAILED, {"field": "model"})


async def test_a_seated_participant_becomes_a_persona_and_forgets_it(world: World, replica: Replica) -> None:
    await replica()
    await keep(world, "Critic", system_prompt="Doubt.", model="demo/cy")
    room = await world.create("demo/ada", "demo/bo")
    change = UpdateParticipant(
        actor=actor(), session_id=room.id, participant_id=room.participants[0].id, persona="critic", name="Bo"
    )
    became = await world.broker.ask(PARTICIPANT_UPDATE, change)
    assert (became.name, became.model_id, became.system_prompt, became.persona) == (
        "Bo 2",
        "demo/cy",
        "Doubt.",
        "critic",
    )
    assert became.color == room.participants[0].color
    forgot = await world.broker.ask(PARTICIPANT_UPDATE, change.model_copy(update={"persona": "", "name": None}))
    assert forgot == became.model_copy(update={"persona": None})


@pytest.mark.parametrize("prompt", ["You are {{nmae}}.", "{{name}} {{user}}", "{{persona}}"])
async def test_a_placeholder_that_nobody_knows_is_refused_wherever_a_prompt_is_given(
    world: World, replica: Replica, prompt: str
) -> None:
    await replica()
    room = await world.create("demo/ada")
    seat = NewParticipant(model="demo/bo", system_prompt=prompt)
    asked: list[Awaitable[Any]] = [
        keep(world, "A", system_prompt=prompt),
        world.broker.ask(PARTICIPANT_ADD, AddParticipant(actor=actor(), session_id=room.id, participant=seat)),
        world.broker.ask(
            PARTICIPANT_UPDATE,
            UpdateParticipant(
                actor=actor(), session_id=room.id, participant_id=room.participants[0].id, system_prompt=prompt
            ),
        ),
    ]
    for question in asked:
        failure = await refused(question)
        assert failure.code is ErrorCode.VALIDATION_FAILED
        assert (failure.details["field"], failure.details["known"]) == ("system_prompt", ["name", "others"])
    change = UpdateSession(actor=actor(), session_id=room.id, system_prompt=prompt)
    if prompt == "{{persona}}":
        assert (await world.broker.ask(SESSION_UPDATE, change)).system_prompt == prompt
    else:
        assert (await refused(world.broker.ask(SESSION_UPDATE, change))).details["known"] == [
            "name",
            "others",
            "persona",
        ]


async def test_braces_that_are_no_placeholder_stay_as_they_stand(world: World, replica: Replica) -> None:
    await replica()
    prompt = "{name} {{ user }} {{}} {{a.b}} {{name}}"
    room = await world.create("demo/ada")
    change = UpdateSession(actor=actor(), session_id=room.id, system_prompt=prompt)
    assert (await world.broker.ask(SESSION_UPDATE, change)).system_prompt == prompt
