"""The trust site's web side."""
