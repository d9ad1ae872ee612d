"""The wallet provider's web side."""
