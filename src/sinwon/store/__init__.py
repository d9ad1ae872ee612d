"""Tables and statements: one module per aggregate, one database per role."""
