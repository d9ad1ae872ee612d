"""The embedded register: three state registers full of invented people, for tests, training and the demonstration."""
