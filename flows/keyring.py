"""The commands about keys: those that seal records, those of the callers of the server, and who used what."""

from typing import Annotated

import typer

from flows.plain import plain

keys = typer.Typer(help="The keys that seal records: their state, never a key.", invoke_without_command=True)


@keys.callback()
@plain
def keys_state(context: typer.Context) -> None:
    """Show what keys there are: counts, ids, modes and times, never a key."""
    from flows.forgetting import state

    if context.invoked_subcommand is None:
        typer.echo(state())


@keys.command()
@plain
def rotate() -> None:
    """Make a new master key and wrap the data keys by it; no record is sealed again."""
    from flows.forgetting import rotate as rotate_keys

    typer.echo(rotate_keys())


tokens = typer.Typer(
    help="The API keys of the server, needed where it listens to others.", no_args_is_help=True
)


@tokens.command()
@plain
def add(name: Annotated[str, typer.Argument(help="Who gets it, such as: shop-frontend.")]) -> None:
    """Make an API key and print it; it cannot be shown again."""
    from stages.deploy.tokens import add as add_token

    typer.echo(add_token(name))


@tokens.command("list")
@plain
def list_tokens() -> None:
    """List the ids of API keys, when they were made and for whom; never a key."""
    from stages.deploy.tokens import tokens as kept

    for one in kept():
        typer.echo(f"{one.id}  {one.made}  {one.name}")


@tokens.command()
@plain
def revoke(number: Annotated[str, typer.Argument(metavar="ID", help="As listed.")]) -> None:
    """Take an API key back; a server that runs refuses it from then on."""
    from stages.deploy.tokens import revoke as revoke_token

    revoke_token(number)
    typer.echo(f"{number} is revoked")


audit = typer.Typer(help="Who unsealed how much, and when.", no_args_is_help=True)


@audit.command()
@plain
def log(
    verify: Annotated[bool, typer.Option("--verify", help="Follow the chain of the log instead.")] = False,
) -> None:
    """Print the log of unsealings, or check that nothing of it was changed or removed."""
    from flows.forgetting import log_lines, verified

    for line in [verified()] if verify else log_lines():
        typer.echo(line)


GROUPS = {"keys": keys, "tokens": tokens, "audit": audit}
"""The commands by the word that follows `retort`."""
