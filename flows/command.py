"""The command `retort`. Every failure is one line and a non-zero exit."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from flows import keyring
from flows.errors import FlowError
from flows.plain import plain
from stages.artifacts import BUNDLE
from stages.params.loading import ParamsError

app = typer.Typer(
    help="Raw, personal data in; a small, fast, audited model behind an API out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for name, group in keyring.GROUPS.items():
    app.add_typer(group, name=name)

Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for another run in this folder.")]
Why = Annotated[str, typer.Option("--why", help="Kept in the history of the registry.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of the Prefect server to use or start.")]


@app.command()
@plain
def run(wait: Wait = 0.0) -> None:
    """Bring the whole line up to date once, release a model that passes, and print a summary."""
    from stages.params import load

    load()  # a mistake in params.yaml shows at once, before a server is started
    from flows.runs import once

    try:
        once(wait)
    except FlowError:
        with contextlib.suppress(FlowError, ParamsError):
            _summary()
        raise
    _summary()


@app.command()
@plain
def optimise(wait: Wait = 0.0) -> None:
    """Search params.optimise.space by the validation score, and take the best settings into params.yaml."""
    from stages.params import load

    params = load()
    from flows.optimise import optimised
    from flows.workspace import claim

    with claim("retort optimise", wait, typer.echo) as hold:
        typer.echo(optimised(params, typer.echo, hold).words())
    typer.echo("params.yaml has these settings now; go on with `retort run`")


@app.command()
@plain
def schedule(port: Port = 4200) -> None:
    """Run the line on the cron line of params.yaml, until stopped."""
    from flows.runs import schedule as serve_schedule

    serve_schedule(port)


@app.command()
@plain
def release(why: Why = "retort release") -> None:
    """Make the bundle that passed the live model."""
    from flows.forgetting import conclude_after_release, refuse_before_purge
    from flows.journal import pending
    from stages.deploy.registry import registry_of
    from stages.deploy.release import contest_of
    from stages.deploy.release import release as release_bundle
    from stages.params import load

    params = load()
    refuse_before_purge(params)
    store = registry_of(params)
    contest = None if pending(params) else contest_of(params)
    done = release_bundle(BUNDLE, store, why, contest)
    typer.echo(f"{store.name} {done.version} is live" + ("" if done.changed else " already"))
    for line in conclude_after_release(params, done.version):
        typer.echo(line)


@app.command()
@plain
def releases() -> None:
    """List the versions of the model, every move of what is live, and who signed."""
    from flows.releases import listed
    from stages.deploy.registry import registry_of
    from stages.params import load

    for line in listed(registry_of(load())):
        typer.echo(line)


@app.command()
@plain
def rollback(
    version: Annotated[
        str | None, typer.Argument(help="A version; else the one that was live before.")
    ] = None,
    why: Why = "retort rollback",
) -> None:
    """Make an earlier version live again."""
    from stages.deploy.registry import registry_of
    from stages.deploy.release import rollback as roll_back
    from stages.params import load

    store = registry_of(load())
    done = roll_back(store, version, why)
    before = f" (before: {done.previous})" if done.previous else ""
    typer.echo(f"{store.name} {done.version} is live" + (before if done.changed else " already"))


@app.command()
@plain
def retire(
    version: Annotated[str, typer.Argument(help="A version, as `retort releases` lists it.")],
    why: Why = "retort retire",
) -> None:
    """Delete a version for good: it can never be served again."""
    from stages.deploy.registry import registry_of
    from stages.deploy.release import retire as retire_version
    from stages.params import load

    store = registry_of(load())
    was_live = retire_version(store, version, why)
    typer.echo(f"{store.name} {version} is retired" + ("; nothing is live now" if was_live else ""))


@app.command()
@plain
def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
) -> None:
    """Show in what two versions differ: metrics, settings, packages, files and sizes."""
    from flows.releases import differences
    from stages.deploy.registry import registry_of
    from stages.params import load

    for line in differences(registry_of(load()), a, b):
        typer.echo(line)


@app.command()
@plain
def serve() -> None:
    """Serve the live model over HTTP (address and limits: params.yaml, serve)."""
    from stages.deploy.registry import registry_of
    from stages.deploy.serve import serve as serve_live
    from stages.params import load

    params = load()
    serve_live(registry_of(params), params.serve.host, params.serve.port, params.serve)


@app.command()
@plain
def predict(
    source: Annotated[str, typer.Argument(metavar="IN", help="CSV, TSV, JSON Lines or Parquet.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="A file that ends in .csv, .jsonl, .parquet.")
    ],
    column: Annotated[
        str | None, typer.Option(help="The column of the texts; else ingest.columns.text.")
    ] = None,
) -> None:
    """Answer every row of a table with the live model. Taken up again where it was interrupted."""
    from stages.deploy import open_release
    from stages.deploy.batch import predict as answer
    from stages.params import load

    params = load()
    text = column or params.ingest.columns.text
    limits, encoding = params.serve.max_characters, params.ingest.encoding
    done = answer(open_release(params.project.name), source, target, text, limits, encoding)
    before = f"; {done.taken_up} of them before an interruption" if done.taken_up else ""
    typer.echo(f"{target}: {done.rows} rows, {done.refused} of them with an error{before}")


@app.command(context_settings={"ignore_unknown_options": True})
@plain
def forget(
    subject: Annotated[
        list[str] | None, typer.Argument(help="A person, as the subject column names them, in quotes.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file of people, one a line; - is standard input.")
    ] = None,
    later: Annotated[
        bool, typer.Option("--later", help="Leave retraining to the next `retort run`.")
    ] = False,
    wait: Wait = 0.0,
) -> None:
    """Erase people for good: their keys, what was derived from them, and the models that met them."""
    from flows.forgetting import forget as forget_people
    from flows.forgetting import named

    if forget_people(named(subject or [], file), typer.echo, wait) and not later:
        from flows.runs import once

        once(wait, erasing=True)


@app.command()
@plain
def use(
    name: Annotated[str, typer.Argument(help="A recipe: the name of a file in recipes/.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace an edited params.yaml; a copy is kept.")
    ] = False,
) -> None:
    """Put a recipe in place as params.yaml."""
    from flows.recipes import use as put

    copy = put(name, force)
    typer.echo(f"params.yaml: the recipe {name}" + (f" (before: {copy})" if copy else ""))


@app.command()
@plain
def mask(
    source: Annotated[str, typer.Argument(metavar="IN", help="A file; - reads standard input.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="A file; - writes to standard output.")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="text (a text a line), csv or jsonl; else by the ending of IN or OUT."),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="The column to mask in CSV; else ingest.columns.text.")
    ] = None,
    spans: Annotated[
        bool, typer.Option("--spans", help="Write where values stand and of what type, as JSON Lines.")
    ] = False,
) -> None:
    """Mask personal values in texts, as params.yaml says (clean.masking). Other columns stay as they are."""
    from flows.masking import mask as mask_texts
    from flows.masking import settings

    typer.echo(mask_texts(source, target, settings(), form, column, spans), err=True)


@app.command()
@plain
def summary() -> None:
    """Print verdicts, times and gates of the last run."""
    _summary()


@app.command()
@plain
def traces() -> None:
    """Look for masked values in models, reports, registry, DVC's cache and Prefect's files."""
    from flows.traces import traces as search
    from stages.params import load

    params = load()
    known, held = search(params.project.name, params.ingest.vault, params.deploy.registry)
    for path, count in held.items():
        typer.echo(f"{path}: {count}")
    if held:
        raise FlowError(f"{len(held)} files hold masked values or quarantined texts; remove them")
    typer.echo(f"none of the {known} masked values and quarantined texts was found")


def _summary() -> None:
    from flows.dag import Dag
    from flows.summary import summary as text
    from stages.deploy.registry import registry_of
    from stages.params import load

    typer.echo(text([stage.name for stage in Dag().stages], registry_of(load())))


if __name__ == "__main__":
    app()
