"""Sinwon (신원): the open system behind a mobile identity certificate for Korean nationals abroad."""
