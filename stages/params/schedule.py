"""When the pipeline runs by itself."""

from pydantic import Field

from stages.params.base import Section


class Schedule(Section):
    cron: str = Field("0 3 * * *", pattern=r"^\S+( \S+){4}$")
    """when `retort schedule` runs the pipeline (minute hour day month weekday)"""
    timezone: str = "UTC"
    """time zone of the cron line"""
    release: bool = True
    """release a model that passes; false leaves that to `retort release`"""
