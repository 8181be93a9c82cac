"""A broker in this process, for what cannot be made to happen at a real one: loss, repetition, endless silence."""

import asyncio


class FakeBroker:
    """Publishes to its nodes at once. ``drop(topic, payload)`` says what is lost on the way, ``keys`` are its keys."""

    def __init__(self):
        self.nodes = []
        self.keys = {}
        self.published = []
        self.drop = lambda topic, payload: False
        self.down = False

    def heard(self, topic):
        """How many are subscribed."""
        return len(self._listening(topic))

    def _listening(self, topic):
        return [node for node in self.nodes if topic in node.names and not node.cut]

    def publish(self, topic, payload):
        self.published.append((topic, payload))
        heard = self._listening(topic)
        for node in heard:
            if not self.drop(topic, payload):
                node.arrived(topic, payload)
        return len(heard)


class FakeNode:
    """The part of Node that mail and leases use; replies come in the next turn of the loop."""

    def __init__(self, broker):
        self.broker = broker
        self.names = set()
        self.cut = self.stopped = False
        self.held = []
        self.on_state = []
        self.on_message = lambda name, payload: None
        self.told = []
        broker.nodes.append(self)

    def arrived(self, topic, payload):
        if self.stopped:
            self.held.append((topic, payload))
        else:
            self.on_message(topic, payload)

    def go_on(self):
        """What a stopped process's socket had buffered comes now."""
        self.stopped = False
        for one in self.held:
            self.on_message(*one)
        self.held = []

    def state(self, up):
        """The subscriber goes (cut) or comes back."""
        self.cut = not up
        for hook in self.on_state:
            hook(up, "a test")

    def tell(self, then, *words):
        self.told.append(words)
        reply = ConnectionError("down") if self.broker.down else self._reply(*words)
        if then is not None:
            asyncio.get_running_loop().call_soon(then, reply)

    def _reply(self, command, *words):
        keys = self.broker.keys
        if command == "PUBLISH":
            return self.broker.publish(*words)
        if command == "SET":
            keys[words[0]] = words[1]
        if command == "DEL":
            keys.pop(words[0], None)
        if command == "MGET":
            return [keys.get(key) for key in words]
        if command == "PUBSUB":
            return [part for name in words[1:] for part in (name, self.broker.heard(name))]
        return b"OK"

    async def subscribe(self, *names):
        self.names.update(names)

    async def unsubscribe(self, *names):
        self.names.difference_update(names)
