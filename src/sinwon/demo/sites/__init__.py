"""Two demonstration services, each a separate site that knows nothing of Sinwon but OpenID Connect."""
