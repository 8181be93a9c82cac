"""Run by test_settings.py: ``settings_django.py PART`` says "proven"."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytest
from django.conf import settings

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.testing.communicators import HttpCommunicator, WebsocketCommunicator
from interfaces.workers.message import Channel, current_layer
from interfaces.workers.routing import from_settings
from interfaces.workers.settings import configured, layer_of, routing_of

PART = sys.argv[1]
LOCAL = "interfaces.layers.local.LocalChannelLayer"
LAYERS = {
    "old": {
        "default": {
            "BACKEND": LOCAL,
            "CONFIG": {"capacity": 7},
            "ROUTING": {"websocket.receive": "__main__.echo"},
        }
    },
    "new": {"default": {"BACKEND": LOCAL, "CONFIG": {"capacity": 7}}},
    "none": {},
    "broken": {"default": {"BACKEND": "asgi_redis.RedisChannelLayer", "ROUTING": []}},
}


def echo(message):
    """Answer."""
    message.reply_channel.send({"text": message["text"]})


urlpatterns: list = []
if PART == "unset":
    assert configured() is None and layer_of() is None and current_layer() is None
else:
    settings.configure(
        CHANNEL_LAYERS=LAYERS[PART], SECRET_KEY="x", ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], DEBUG=False
    )
if PART == "old":
    from channels.layers import get_channel_layer

    app = from_settings()
    layer = current_layer()
    assert isinstance(layer, LocalChannelLayer) and layer.capacity == 7
    assert layer is layer_of() is get_channel_layer()
    Channel("a").send({"n": 1})
    assert asyncio.run(layer.receive("a")) == {"n": 1}

    async def main():
        """Serve a socket and a request."""
        async with WebsocketCommunicator(app, "/") as client:
            await client.connect()
            await client.send_to(text_data="hi")
            assert await client.receive_from(5) == "hi"
        async with HttpCommunicator(app, "GET", "/", headers=[(b"host", b"x")]) as client:
            assert (await client.get_response(5)).status == 404

    asyncio.run(main())
elif PART == "new":
    layer = current_layer()
    assert isinstance(layer, LocalChannelLayer) and layer is current_layer()
elif PART == "none":
    assert current_layer() is None
    with pytest.raises(ConfigError, match=r"CHANNEL_LAYERS\['default'\] has no ROUTING"):
        routing_of()
elif PART == "broken":
    assert routing_of() == []
    with pytest.raises(ConfigError, match=r"CHANNEL_LAYERS\['default'\]: BACKEND 'asgi_redis"):
        layer_of()
print("proven")
