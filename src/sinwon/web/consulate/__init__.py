"""The consulate over HTTP: a JSON API for applicants and officers."""
