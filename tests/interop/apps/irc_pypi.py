"""A client by PyPI's irc: says its input in a channel, and prints what it hears."""

import sys
import threading

import irc.bot
import irc.client


class Bot(irc.bot.SingleServerIRCBot):
    """Joins once it is welcomed."""

    def __init__(self, port, nick, channel):
        super().__init__([("127.0.0.1", port)], nick, nick)
        self.channel = channel
        self.reactor.add_global_handler("all_events", self.heard)

    def on_welcome(self, connection, _event):
        """001."""
        connection.join(self.channel)

    def heard(self, _connection, event):
        """Tell of anything; the input is read once the channel is joined."""
        print(event.type, event.source, event.target, *event.arguments, flush=True)
        if event.type == "endofnames":
            threading.Thread(target=self.speak, daemon=True).start()
        if event.type == "disconnect":
            sys.exit(0)

    def speak(self):
        """Say each line."""
        for line in sys.stdin:
            self.connection.privmsg(self.channel, line.rstrip("\n"))
        self.connection.quit("bye")


def main():
    """Port, nick, channel."""
    Bot(int(sys.argv[1]), sys.argv[2], sys.argv[3]).start()


if __name__ == "__main__":
    main()
