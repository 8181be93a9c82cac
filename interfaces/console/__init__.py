"""The development console: what passes between the interfaces and the application, to be seen, repeated and disturbed.

``tap`` stands in front of the application and notes in the ``book``; ``application`` serves the book on a loopback
address; ``simulators`` play the peers. For development only: nothing here runs unless ``--console`` asks for it.
"""
