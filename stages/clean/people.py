"""What holds a person's rows together in one split, without their name and without the key."""

from collections.abc import Iterable, Iterator

from stages.ingest.raw import Record


def noting_people(records: Iterable[Record], people: dict[str, bytes]) -> Iterator[Record]:
    """Passes records on, and notes each person's keyless digest under the keyed hash they have in the data.

    So every record is unsealed once. The digests live in memory only.
    """
    for record in records:
        if record.subject is not None and record.person is not None:
            people[record.subject] = record.person
        yield record
