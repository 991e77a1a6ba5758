"""What every section of params.yaml shares: closed, strict, frozen."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of params.yaml. Unknown keys and wrong types are errors; values never change after loading.

    Every field has a default and a one-line description: the description is the comment beside the key
    in params.yaml and in the JSON schema.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
