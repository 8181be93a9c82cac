"""A client by pydle: says its input in a channel, and prints what it hears."""

import asyncio
import sys

import pydle


class Client(pydle.Client):
    """Joins once it is connected."""

    RECONNECT_ON_ERROR = False
    RECONNECT_MAX_ATTEMPTS = 0

    async def on_connect(self):
        """Registered."""
        await super().on_connect()
        print("capabilities", *sorted(name for name, on in self._capabilities.items() if on), flush=True)
        await self.join(sys.argv[3])

    async def on_raw(self, message):
        """Anything."""
        print(message.command, message.source, *message.params, flush=True)
        await super().on_raw(message)

    async def on_join(self, channel, user):
        """Read the input once the channel is joined."""
        await super().on_join(channel, user)
        if user == self.nickname:
            self.speaking = asyncio.create_task(self.speak(channel))

    async def speak(self, channel):
        """Say each line."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            await self.message(channel, line.rstrip("\n"))
        await self.quit("bye")


async def main():
    """Port, nick, channel."""
    client = Client(sys.argv[2], realname=sys.argv[2])
    await client.connect("127.0.0.1", int(sys.argv[1]), tls=False)
    while client.connected:
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main())
