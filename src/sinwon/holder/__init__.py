"""A complete wallet without a screen. It speaks only the public protocols."""
