"""The ways out: a smart host or an LMTP server, folders, memory; ``opening`` opens what a URL names."""
