"""The demo: a help desk over every protocol, as an ordinary Django Channels 4 project.

A customer writes a mail, or texts; the desk answers in the browser, on IRC or in Slack; all of it is one conversation.
``interfaces demo`` runs it with a fake Slack and a fake provider of short messages. At the real ones it is the same
application, served by ``interfaces serve`` with INTERFACES_DEMO_LAYER as its ``--layer``.
"""
