"""The gateway's database: who may ask (clients), who is signing in (sign_ins), what was shown (presentations)."""
