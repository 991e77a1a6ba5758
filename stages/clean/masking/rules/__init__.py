"""Every rule there is. A new kind of value is a `Rule` in the file of its subject."""

from collections.abc import Sequence

from stages.clean.masking.rules import (
    address,
    contact,
    extra,
    finance,
    identity,
    names,
    network,
    phones,
    records,
    secrets,
)
from stages.clean.masking.rules.base import Rule
from stages.clean.masking.rules.ruleset import RuleSet

__all__ = ["Rule", "RuleSet", "all_rules", "extra_rules"]


def all_rules(phone_regions: Sequence[str]) -> tuple[Rule, ...]:
    """The rules in force, with the telephone formats of these regions."""
    return (
        *secrets.RULES,
        *finance.RULES,
        *identity.RULES,
        *records.RULES,
        *network.RULES,
        *contact.RULES,
        *phones.phone_rules(phone_regions),
        *names.RULES,
        *address.RULES,
    )


def extra_rules(types: Sequence[str]) -> tuple[Rule, ...]:
    """The rules for these of `spans.EXTRA_TYPES`, for what the others leave."""
    return tuple(rule for rule in extra.RULES if rule.type in types)
