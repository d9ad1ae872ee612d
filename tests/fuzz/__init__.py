"""Decoders under arbitrary bytes: each gives a value or a Refusal, in bounded time and memory, and nothing else ever.

`tests/fuzz/test_fuzz.py` is the short run; `python -m tests.fuzz TARGET --seconds 300` the long one (tests/fuzz/README.md).
"""
