"""Personas on the page, in a real browser: made, copied, changed, deleted, and given to members, who then play them."""

import json

import pytest
from playwright.async_api import Page, expect

from palaver.cli.testing.axe import violations
from palaver.cli.testing.page import Visit, done, say
from palaver.cli.testing.stack import PASSWORD, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WORDS = "Speak like a pirate, and never of the weather."


async def make(page: Page, name: str, prompt: str, model: str | None = None) -> None:
    await page.get_by_role("button", name="New persona").click()
    dialog = page.get_by_role("dialog", name="New persona")
    await dialog.get_by_label("Name", exact=True).fill(name)
    await dialog.get_by_label("What it is told").fill(prompt)
    if model is not None:
        await dialog.get_by_label("Model").select_option(label=model)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()


def asked(stack: Stack, model: str) -> str:
    """All that the newest request to this model contains."""
    return json.dumps(stack.simulator.stage.recorder.records(model)[-1].body)


async def test_personas_are_made_copied_changed_and_deleted(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/")
        await page.get_by_role("button", name="Personas").click()
        own = page.get_by_role("region", name="Yours")
        await expect(own).to_contain_text("You have none yet.")
        await make(page, "Pirate", WORDS)
        await expect(own.get_by_role("listitem")).to_have_count(1)

        await own.get_by_role("button", name="Edit Pirate").click()
        dialog = page.get_by_role("dialog", name="Edit Pirate")
        await expect(dialog.get_by_label("What it is told")).to_have_value(WORDS)
        await dialog.get_by_label("What it is told").fill("You are {{nobody}}.")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_contain_text("{{nobody}}")
        await dialog.get_by_label("What it is told").fill("Speak like a captain.")
        await dialog.get_by_label("Name", exact=True).fill("Captain")
        await dialog.get_by_role("button", name="Save").click()
        await expect(own).to_contain_text("Speak like a captain.")

        builtin = page.get_by_role("region", name="Built in")
        await expect(builtin.get_by_role("listitem")).to_have_count(4)
        await builtin.get_by_role("button", name="Copy Sceptic").click()
        dialog = page.get_by_role("dialog", name="New persona")
        await expect(dialog.get_by_label("What it is told")).to_contain_text("the sceptic")
        await dialog.get_by_role("button", name="Save").click()
        await expect(own.get_by_role("listitem")).to_have_count(2)

        await own.get_by_role("button", name="Delete Captain").click()
        await page.get_by_role("dialog").get_by_role("button", name="Delete persona").click()
        await expect(own.get_by_role("listitem")).to_have_count(1)
        await page.reload()
        await expect(own.get_by_role("listitem")).to_have_count(1)

        await page.get_by_role("button", name="Ada").click()
        await page.get_by_role("menuitemradio", name="中文").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("region", name="内置角色")).to_contain_text("质疑者")
    assert [c for c in visit.complaints if "422" not in c] == []


async def test_members_play_the_personas_that_they_were_given(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open("/personas")
        await make(page, "Pirate", WORDS)
        await make(page, "Gardener", "Speak of roses, {{name}}.", "Oak")
        await page.get_by_role("button", name="New room").click()
        picker = page.get_by_role("dialog", name="New room")
        await picker.get_by_role("checkbox", name="Swift").check()
        await picker.get_by_role("button", name="Give Gardener a seat").click()
        await picker.get_by_label("Persona of Swift").select_option(label="Pirate")
        await picker.get_by_role("button", name="Open room").click()
        await expect(page.locator("[data-member]")).to_have_count(2)
        await say(page, "Who are you?")
        await expect(done(page)).to_have_count(2)
        await expect(page.get_by_role("article", name="Pirate")).to_be_visible()
        assert WORDS in asked(stack, "sim-swift")
        assert "Speak of roses, Gardener." in asked(stack, "sim-oak")

        await page.get_by_role("button", name="Add members").first.click()
        picker = page.get_by_role("dialog", name="Add members")
        await picker.get_by_role("checkbox", name="Moth").check()
        await picker.get_by_label("Persona of Moth").select_option(label="Expert")
        await picker.get_by_role("button", name="Add 1 member").click()
        await expect(picker).to_be_hidden()
        await expect(page.locator("[data-member=Expert]")).to_be_visible()
        await say(page, "And you?")
        await expect(done(page)).to_have_count(5)
        assert "the expert in this conversation" in asked(stack, "sim-moth")
    assert visit.complaints == []


async def test_a_member_becomes_another_persona_and_answers_as_it_is_wished(stack: Stack, visit: Visit):
    async with await stack.person() as ada:
        room = await ada.rest.call("POST", "/api/v1/sessions", {"model_id": "sim-moth"})
        await visit.sign_in(stack.url, ada, PASSWORD)
        page = await visit.open(f"/rooms/{room['id']}")
        members = page.get_by_role("complementary", name="Members")
        await members.get_by_role("button", name="Actions for Moth").click()
        await page.get_by_role("menuitem", name="Edit").click()
        dialog = page.get_by_role("dialog", name="Edit Moth")
        await dialog.get_by_label("Persona").select_option(label="Sceptic")
        await expect(dialog.get_by_label("Name", exact=True)).to_have_value("Sceptic")
        await dialog.get_by_label("Temperature").fill("0.3")
        await dialog.get_by_label("Longest answer").fill("50")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.locator("[data-member=Sceptic]")).to_be_visible()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await say(page, "Is it so?")
        await expect(done(page)).to_have_count(1)
        body = stack.simulator.stage.recorder.records("sim-moth")[-1].body
        assert "the sceptic" in json.dumps(body)
        assert (body["temperature"], body["max_completion_tokens"]) == (0.3, 50)

        await members.get_by_role("button", name="Actions for Sceptic").click()
        await page.get_by_role("menuitem", name="Edit").click()
        dialog = page.get_by_role("dialog", name="Edit Sceptic")
        await expect(dialog.get_by_label("Temperature")).to_have_value("0.3")
        await dialog.get_by_label("Temperature").fill("")
        await dialog.get_by_label("Persona").select_option("")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_be_hidden()
        (seat,) = await ada.rest.call("GET", f"/api/v1/sessions/{room['id']}/participants", None)
        assert (seat["persona"], seat["system_prompt"], seat["settings"]["temperature"]) == (None, None, None)
    assert visit.complaints == []
