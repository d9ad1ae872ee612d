"""What every room stands on: refusals, strict JSON and base64url, clock, randomness, text, the fetch port."""
