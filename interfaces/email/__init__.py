"""Mail: SMTP and LMTP servers whose applications decide what becomes of a message."""
