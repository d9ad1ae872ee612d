"""What every role's web application shares: middleware, strict reading, answers, pages."""
