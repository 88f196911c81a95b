"""Every endpoint of the simulator on one screen."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from palaver.simulator import control
from palaver.simulator.anthropic import AnthropicWire
from palaver.simulator.gemini import GeminiWire
from palaver.simulator.openai import OpenAIWire
from palaver.simulator.providers import Provider
from palaver.simulator.responses import ResponsesWire
from palaver.simulator.settings import SimulatorSettings
from palaver.simulator.stage import Stage


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


def build_app(settings: SimulatorSettings, stage: Stage | None = None) -> Starlette:
    """The ASGI application. Give a `stage` to read and steer it from the same process."""
    stage = stage or Stage(settings)
    openai = Provider(OpenAIWire(), stage)
    responses = Provider(ResponsesWire(), stage)
    anthropic = Provider(AnthropicWire(), stage)
    gemini = Provider(GeminiWire(), stage)
    return Starlette(
        routes=[
            Mount(
                "/openai/v1",
                routes=[
                    Route("/chat/completions", openai.chat, methods=["POST"]),
                    Route("/responses", responses.chat, methods=["POST"]),
                    Route("/models", openai.list_models, methods=["GET"]),
                ],
            ),
            Mount(
                "/anthropic/v1",
                routes=[
                    Route("/messages", anthropic.chat, methods=["POST"]),
                    Route("/models", anthropic.list_models, methods=["GET"]),
                ],
            ),
            Mount(
                "/gemini/v1beta",
                routes=[
                    Route("/models", gemini.list_models, methods=["GET"]),
                    Route("/models/{call}", gemini.chat, methods=["POST"]),
                ],
            ),
            *control.routes(stage),
            Route("/healthz", _healthy),
        ]
    )
