"""Short messages: what people text is given to an application, over providers' webhooks or SMPP, and it texts back."""
