"""Following the registers: events are taken once, compared with what is on file, and passed on to the issuer."""
