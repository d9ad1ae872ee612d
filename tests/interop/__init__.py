"""Independent voices: what we issue other libraries read, what they issue we read, and one flipped byte is refused by either.

The libraries live apart from ours, in `.venv` and `node_modules` here, from lock files here; `scripts/test` installs them.
"""
