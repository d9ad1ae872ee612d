"""The `sinwon` command: set up a deployment, migrate its databases, serve its roles, run the demonstration."""

import gc
import os
import signal
import time
from contextlib import closing
from pathlib import Path
from threading import Event

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from sinwon.cli.inspect.command import inspect_command
from sinwon.cli.log import configure_logs
from sinwon.cli.register import CONFIG, client_command, officer_command, revoke_instance_command
from sinwon.cli.serving import serving
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.verify.command import verify_command
from sinwon.cli.wiring import declare_issuer_restored, found_trust, keep_house, make_listener, make_role, make_world, migrate
from sinwon.config import Config, read_config
from sinwon.conformance.command import serve_conformance
from sinwon.core.refusal import Fault, Refusal
from sinwon.demo.command import demo

log = structlog.stdlib.get_logger("sinwon.cli")
ROLE = click.Choice(ROLES)


class Commands(click.Group):
    """Says in one line what is wrong, where that is known, instead of how the program noticed."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (Fault, Refusal) as error:
            raise click.ClickException(str(error)) from error
        except FileExistsError as error:
            raise click.ClickException(f"{error.filename} is there already and is not replaced") from error
        except SQLAlchemyError as error:
            raise click.ClickException(f"the database: {type(error).__name__}") from error


@click.group(cls=Commands)
def main() -> None:
    """Sinwon (신원): a mobile identity certificate for Korean nationals abroad. Not an official government service."""


@main.command("setup")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--domain", required=True, help="Roles get the origins https://ROLE.DOMAIN.")
@click.option("--service", "services", multiple=True, default=("gov24", "oka365"), help="Service with an access certificate.")
def setup_command(folder: Path, domain: str, services: tuple[str, ...]) -> None:
    """Make keys, authorities, certificates and sinwon.toml in FOLDER, for a deployment behind https."""
    ports = {role: 8470 + place for place, role in enumerate(ROLES)}
    origins = {role: f"https://{role.replace('_', '-')}.{domain}" for role in ROLES}
    plan = Plan(folder, "production", origins, ports, services)
    click.echo(set_up(plan, now=int(time.time()), random=os.urandom))


@main.command("migrate")
@click.argument("roles", nargs=-1, required=True, type=ROLE)
@CONFIG
def migrate_command(roles: tuple[str, ...], path: Path) -> None:
    """Bring the databases of ROLES to the present revision."""
    for role in roles:
        migrate(read_config(path), role)
        click.echo(f"{role}: at the present revision")


@main.command("found")
@CONFIG
def found_command(path: Path) -> None:
    """Give a new trust role its seed, its anchors and its first publication."""
    with closing(make_world(read_config(path))) as world:
        click.echo(f"published number {found_trust(world).sequence}")


@main.command("restored")
@CONFIG
def restored_command(path: Path) -> None:
    """Say that the issuer's database was brought back from a backup, before serving it: nothing given before is given again."""
    with closing(make_world(read_config(path))) as world:
        done = declare_issuer_restored(world)
    click.echo(f"restoration {done.number}: {done.lists} status lists and {done.offers} offers closed")
    click.echo("revocations since the backup must be asked for again; open offers must be made again")


@main.command("serve")
@click.argument("roles", nargs=-1, type=ROLE)
@click.option("--config", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="sinwon.toml")
@click.option("--profile", type=click.Choice(["conformance"]), help="All roles, made ready for a foreign test harness.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("conformance"), help="Where that profile keeps everything."
)
@click.option("--host", default="localhost", help="Its name in every address.")
@click.option("--harness", default="https://localhost.emobix.co.uk:8443", help="Where its harness is.")
@click.option("--alias", default="sinwon", help="The alias of its test plans.")
def serve_command(
    roles: tuple[str, ...], path: Path | None, profile: str | None, folder: Path, host: str, harness: str, alias: str
) -> None:
    """Serve ROLES until interrupted: plain http for a proxy that ends TLS, or https where the configuration has [tls]."""
    configure_logs(for_good=True)
    if profile is not None:
        if roles or path:
            raise click.UsageError("the conformance profile serves all roles, with a configuration of its own")
        serve_conformance(folder, host, harness, alias)
    elif not roles or path is None:
        raise click.UsageError("say which roles to serve, and with which --config")
    else:
        serve(read_config(path), roles)


def serve(config: Config, names: tuple[str, ...]) -> None:
    world = make_world(config)
    roles = [make_role(world, name) for name in names]
    listeners = {role.name: make_listener(config, role) for role in roles}
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # What is loaded now stays: the collector need not walk it again at every full collection.
    gc.collect()
    gc.freeze()
    with closing(world), serving(listeners):
        log.info("serving", roles=list(names))
        keep_house(roles, stop)


for command in (officer_command, client_command, revoke_instance_command, verify_command, inspect_command, demo):
    main.add_command(command)
