"""`palaver models`: what can be asked, and whether it would answer now."""

from typing import TYPE_CHECKING, Annotated

import typer

from palaver.cli.commands.person import Email, Url, Where, as_person
from palaver.cli.commands.showing import show

if TYPE_CHECKING:
    from palaver.client import Palaver


def models(
    context: typer.Context,
    search: Annotated[str, typer.Argument(help="Part of an id, a name or a provider.")] = "",
    *,
    url: Url = None,
    email: Email = None,
) -> None:
    """The models: their windows in tokens, prices in US dollars per 1,000 tokens, and whether they would answer you."""
    context.obj = Where(url, email)

    async def work(palaver: "Palaver") -> None:
        cards = [
            card
            for card in await palaver.rest.models()
            if search.casefold() in f"{card.id} {card.display_name} {card.provider}".casefold()
        ]
        columns = ("id", "name", "provider", "window", "input", "output", "key", "now")
        show(
            columns,
            [
                (c.id, c.display_name, c.provider, c.window, *_prices(c.input_price, c.output_price), c.needs_key, now)
                for c, now in ((card, card.availability) for card in cards)
            ],
        )

    as_person(context, work)


def _prices(*prices: object) -> tuple[str, ...]:
    return tuple(f"{price:f}" if hasattr(price, "as_tuple") else str(price) for price in prices)
