"""HTTP/1.1 and WebSockets, on one listener."""
