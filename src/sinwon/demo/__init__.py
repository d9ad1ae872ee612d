"""The whole story on one machine, with invented people. Clearly marked as a demonstration."""
