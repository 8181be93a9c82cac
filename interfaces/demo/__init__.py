"""The demo: a chat of rooms, history and presence, as an ordinary Django Channels 4 project.

``interfaces demo`` runs it; ``interfaces serve http ws --app interfaces.demo.asgi:application`` does too.
"""
