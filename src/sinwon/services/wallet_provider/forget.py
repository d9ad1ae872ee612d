"""What the wallet provider forgets. Whoever runs the role calls it every minute."""

from typing import Final

from sinwon.core.clock import DAY
from sinwon.services.wallet_provider.provider import WalletProvider
from sinwon.store.engine import writing
from sinwon.store.wallet_provider import challenges, instances, registrations

UNSEEN: Final = 400 * DAY
"""After which an instance is forgotten: longer than any certificate waits to be fetched again."""


def forget(provider: WalletProvider) -> int:
    """How many rows."""
    now = provider.clock()
    with writing(provider.engine) as connection:
        forgotten = challenges.forget(connection, now=now) + registrations.forget(connection, now=now)
        return forgotten + instances.forget(connection, before=now - UNSEEN)
