"""One Starlette application per role, and what they share. Only here do refusals become HTTP statuses."""
