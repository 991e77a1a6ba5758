"""Where the characters of a text stand in what has become of it."""

from difflib import SequenceMatcher


class Moving:
    """Follows characters from `before` to `after`, by what the two texts share."""

    def __init__(self, before: str, after: str) -> None:
        self._steps = (
            [("equal", 0, len(before), 0, len(after))]
            if before == after
            else SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        )

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters `start` to `end` went; (0, 0) where nothing is left of them.

        What was rewritten, as a masked value is, went to all of what was written for it.
        """
        places = []
        for step, old, old_end, new, new_end in self._steps:
            first, last = max(start, old), min(end, old_end)
            if first < last:
                places += [(new + first - old, new + last - old) if step == "equal" else (new, new_end)]
        kept = [place for place in places if place[0] < place[1]]
        return (min(first for first, _ in kept), max(last for _, last in kept)) if kept else (0, 0)
