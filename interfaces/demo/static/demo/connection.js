// One WebSocket that comes back: back-off with jitter, and a heartbeat, since browsers do not show pings.

const FIRST = 500, LONGEST = 15_000; // milliseconds before a new attempt
const BEAT = 20_000, PATIENCE = 10_000; // a ping after so much silence, and how long its answer may take

export class Connection {
  // heard({open}), heard({closed, wait}) or heard({frame}) for each thing that happens.
  constructor(url, heard) {
    this.url = url;
    this.heard = heard;
    this.failures = 0;
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    const socket = (this.socket = new WebSocket(this.url));
    const current = (handle) => (event) => socket === this.socket && handle(event);
    // A server that takes the connection and says nothing must not hold us for ever.
    this.timer = setTimeout(() => this.lost(), PATIENCE);
    socket.onopen = current(() => { this.beat(); this.heard({ open: true }); });
    socket.onclose = current(() => this.lost());
    socket.onmessage = current((event) => {
      this.beat();
      this.failures = 0;
      this.heard({ frame: JSON.parse(event.data) });
    });
  }

  lost() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    const wait = Math.min(LONGEST, FIRST * 2 ** this.failures++) * (0.5 + Math.random() / 2);
    this.timer = setTimeout(() => this.open(), wait);
    this.heard({ closed: true, wait });
  }

  // The network is back, or the page is looked at again: do not wait for a timer.
  wake() {
    if (!this.socket) this.open();
    else if (this.send({ type: "ping" })) this.expect();
  }

  beat() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (this.send({ type: "ping" })) this.expect(); }, BEAT);
  }

  expect() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lost(), PATIENCE);
  }

  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }
}
