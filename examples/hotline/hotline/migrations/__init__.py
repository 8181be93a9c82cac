"""Migrations of the bot."""
