"""`sinwon verify`: a credential, a presentation or a status list, checked step by step, each with its section."""
