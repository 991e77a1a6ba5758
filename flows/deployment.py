"""A step for prefect.yaml, which cannot read params.yaml by itself."""

from stages.params import load


def schedule() -> dict[str, str]:
    """The cron line and the time zone in params.yaml, as the outputs of a step of `prefect deploy`."""
    when = load().schedule
    return {"cron": when.cron, "timezone": when.timezone}
