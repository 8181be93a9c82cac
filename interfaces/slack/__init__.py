"""Slack: what it sends is given to an application, over its Events API or its Socket Mode, and what it says is sent."""
