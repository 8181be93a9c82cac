"""Payloads as Slack sends them: ``events``, ``interactions`` and ``inputs`` (what stands in a form). All pure.

Names of fields are Slack's. Whoever wants them bound to the state of a fake asks ``slack.person("U1")``.
"""
