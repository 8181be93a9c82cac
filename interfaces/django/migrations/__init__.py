"""Migrations of the inbox and the outbox."""
