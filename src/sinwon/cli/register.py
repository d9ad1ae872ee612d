"""Officers, services, wallet instances from the command line, until the consoles do it. Secrets are made here, shown once."""

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import click

from sinwon.cli.wiring import make_consulate, make_gateway, make_wallet_provider, make_world
from sinwon.config import read_config
from sinwon.core.ids import new_secret
from sinwon.protocols.oauth.client_authentication.secret import METHODS
from sinwon.services.accounts.register_officer import register_officer
from sinwon.services.sign_in.register_client import Registration, register_client
from sinwon.services.wallet_provider.instances import revoke_instance

CONFIG = click.option(
    "--config", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, help="sinwon.toml"
)


@click.command("officer")
@click.argument("login")
@click.option("--mission", required=True, help="Mission id, m-us-losangeles.")
@click.option("--name", required=True)
@CONFIG
def officer_command(login: str, mission: str, name: str, path: Path) -> None:
    """Open an officer's account at a mission; the secret is shown once. The trust role must be serving."""
    with closing(make_world(read_config(path))) as world:
        secret = new_secret(world.random)
        register_officer(make_consulate(world), login=login, secret=secret, name=name, mission=mission)
    click.echo(f"secret: {secret}")


@click.command("client")
@click.argument("client_id")
@click.option("--service", required=True, help="Service id of the catalogue, gov24.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, help="Exact address; may be repeated.")
@click.option(
    "--sector", help="Clients of one sector know a person by the same subject; the first address's host where not given."
)
@click.option(
    "--id-token-alg", type=click.Choice(["ES256", "RS256"]), default="ES256", help="What its ID tokens are signed with."
)
@click.option("--auth-method", type=click.Choice(METHODS), help="The only way it may authenticate; either where not given.")
@CONFIG
def client_command(
    client_id: str,
    service: str,
    redirect_uris: tuple[str, ...],
    sector: str | None,
    id_token_alg: str,
    auth_method: str | None,
    path: Path,
) -> None:
    """Register a service's OpenID Connect client at the gateway; the secret is shown once."""
    known_as = sector or urlsplit(redirect_uris[0]).hostname or ""
    with closing(make_world(read_config(path))) as world:
        secret = new_secret(world.random)
        wanted = Registration(client_id, service, redirect_uris, secret, known_as, id_token_alg, auth_method)
        register_client(make_gateway(world), wanted)
    click.echo(f"secret: {secret}")


@click.command("revoke-instance")
@click.argument("instance")
@CONFIG
def revoke_instance_command(instance: str, path: Path) -> None:
    """Revoke a wallet INSTANCE, by the thumbprint of its key, for good: the wallet provider attests it no more."""
    with closing(make_world(read_config(path))) as world:
        revoke_instance(make_wallet_provider(world), instance)
    click.echo("revoked")
