"""The consulate over HTTP: a JSON API for applicants and officers, and a door for the registers."""
