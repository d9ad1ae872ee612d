"""The wallet provider's tables and statements."""
