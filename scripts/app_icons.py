"""Icons of the installed page, drawn from `web/public/favicon.svg` by the installed Chromium.

Run again when the mark changes: `python scripts/app_icons.py`.
"""

import asyncio
from pathlib import Path

from playwright.async_api import ViewportSize

from palaver.cli.testing.page import launched_browser

PUBLIC = Path(__file__).resolve().parents[1] / "web" / "public"
BACKGROUND = "#22614f"
SAFE = 0.8
"""Platforms cut maskable icons to shapes of their own; what lies in the inner four fifths is always seen."""
ICONS = {"192": (192, False), "512": (512, False), "maskable-192": (192, True), "maskable-512": (512, True)}
APPLE = {"apple-touch-icon": (180, True)}


async def draw() -> None:
    """Write all icons."""
    mark = (PUBLIC / "favicon.svg").read_text()
    (PUBLIC / "icons").mkdir(exist_ok=True)
    async with launched_browser() as browser:
        for name, (size, whole) in (ICONS | APPLE).items():
            page = await browser.new_page(viewport=ViewportSize(width=size, height=size))
            inner = round(size * SAFE) if whole else size
            ground = BACKGROUND if whole else "transparent"
            body = f"margin:0;display:grid;place-items:center;height:{size}px;background:{ground}"
            style = f"body{{{body}}}svg{{width:{inner}px;height:{inner}px}}"
            await page.set_content(f"<style>{style}</style>{mark}")
            await page.screenshot(path=PUBLIC / "icons" / f"{name}.png", omit_background=True)
            await page.close()


if __name__ == "__main__":
    asyncio.run(draw())
