"""Tokens: of the one workspace that has the app, or of many that install it by OAuth."""
