"""The adapter core: what every interface shares. It knows no protocol."""
