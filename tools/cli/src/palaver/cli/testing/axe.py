"""What axe finds wrong with a page for people who use it by keyboard, by ear, or in need of contrast."""

from functools import cache

import pytest
from playwright.async_api import Page

from palaver.cli.checkout import checkout_root

RUN = """async () => {
  const settled = document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity)
  await Promise.allSettled(settled.map((one) => one.finished))
  const {violations} = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})
  return violations.map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html).join(' ')}`)
}"""
"""What fades in is looked at when it is there."""


@cache
def _axe() -> str:
    root = checkout_root()
    script = root / "web/node_modules/axe-core/axe.min.js" if root else None
    if script is None or not script.is_file():
        pytest.fail("axe-core is missing; `make page` installs it")
    return script.read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Rules that the page breaks as it stands, and where; empty is what is wanted."""
    await page.evaluate(_axe())  # by the debugger: the page's policy takes no script from elsewhere
    return await page.evaluate(RUN)
