"""A certificate's life after issue: what stops it, what changes it, who may say so, and what its holder is told."""
