"""Made-up names, addresses and organisations. A real person of that name would be chance."""

from collections.abc import Sequence
from random import Random

from stages.ingest.sources.names_zh import words

_DIGITS = "一二三四五六七八九十"


class Maker:
    """Draws values from `rng`.

    Args:
        letters: the characters of which rare given names are made.
        lexicon: words that are nobody's name.
    """

    def __init__(self, rng: Random, letters: str, lexicon: Sequence[str]) -> None:
        self.rng = rng
        self._letters, self._lexicon = letters, lexicon
        # about Zipf's: the first surnames are those of most people
        self._weights = [1.0 / (8 + place) for place in range(len(words.SURNAMES))]

    def surname(self) -> str:
        if self.rng.random() < 0.04:
            return self.rng.choice(words.DOUBLE_SURNAMES)
        return self.rng.choices(words.SURNAMES, self._weights)[0]

    def given(self) -> str:
        """One or two characters; of every ten names one is of any characters at all."""
        letters = self._letters if self.rng.random() < 0.1 else words.GIVEN
        drawn = self.rng.random()
        if drawn < 0.22:
            return self.rng.choice(letters)
        first = self.rng.choice(letters)
        if drawn < 0.28:
            return first * 2
        if drawn < 0.34:
            return self.rng.choice("小子文阿雨晓") + first
        return first + self.rng.choice(letters)

    def full(self) -> str:
        drawn = self.rng.random()
        if drawn < 0.03:
            return self.rng.choice(words.JAPANESE) + self.given()
        surname = self.surname()
        if drawn < 0.08:
            surname = surname.translate(words.TRADITIONAL)
        return surname + self.given()

    def word(self) -> str:
        """A word of the dictionary: nobody's name."""
        return self.rng.choice(self._lexicon)

    def handle(self) -> str:
        """What an account that is no person's is called."""
        form = self.rng.choice(
            ("{}{}", "{}{}", "{}的{}", "{}{}官方", "{}", "{}{}网", "小{}{}", "{}{}君", "{}{}频道")
        )
        return form.format(self.word(), self.word())

    def foreign(self) -> str:
        """A transliterated name, of one to three parts."""
        parts = self.rng.choices((1, 2, 3), (0.6, 0.35, 0.05))[0]
        return self.rng.choice(("·", "·", "·", "·", "•", "・", "", "")).join(
            self._syllables() for _ in range(parts)
        )

    def nickname(self) -> str:
        """Such as 小王, 老李, 阿芳, 豆豆, 明哥, 英子."""
        drawn = self.rng.random()
        pool = self.rng.choice((words.GIVEN, words.NICKS))
        if drawn < 0.35:
            return self.rng.choice(words.LEADING) + self.rng.choice(
                (self.surname()[0], self.rng.choice(pool))
            )
        if drawn < 0.55:
            return self.rng.choice(pool) * 2
        if drawn < 0.75:
            ends = [end for end in words.TRAILING if end in words.PART_OF_NAME]
            return self.rng.choice((self.surname(), self.rng.choice(pool), self.given())) + self.rng.choice(
                ends
            )
        if drawn < 0.85:
            return self.rng.choice("小阿") + self.rng.choice(pool) + self.rng.choice(pool)
        return (
            self.given()
            if drawn < 0.95
            else self.surname() + self.rng.choice(("某", "某某", "爷爷", "叔", "董"))
        )

    def person(self) -> str:
        """Any of these, as often as they are met."""
        drawn = self.rng.random()
        if drawn < 0.65:
            return self.full()
        if drawn < 0.82:
            return self.nickname()
        return self.foreign()

    def address(self) -> str:
        """From a street with its number to all from the province to the door."""
        rng = self.rng
        drawn = rng.random()
        parts = []
        if drawn < 0.7:
            parts.append(self._city(full=drawn < 0.4))
            if rng.random() < 0.8:
                parts.append(rng.choice(words.DISTRICTS))
        elif drawn < 0.8:
            parts += [rng.choice(words.DISTRICTS)]
        elif drawn < 0.88:
            village = rng.choice(words.GIVEN) + rng.choice(("家村", "庄", "村", "家湾"))
            return (
                self._city(full=True)
                + rng.choice(words.TOWNS)
                + village
                + rng.choice(("", f"{self._number(99)}号"))
            )
        parts.append(self._road())
        if rng.random() < 0.55:
            parts.append(self._estate())
        if rng.random() < 0.5:
            parts.append(self._door())
        space = " " if rng.random() < 0.05 else ""
        return space.join(parts)

    def organisation(self) -> str:
        heads = words.ORGANISATION_HEADS
        city = self.rng.choice(self.rng.choice(list(words.PROVINCES.values())).split())
        form = self.rng.choice(words.ORGANISATIONS)
        return form.format(a=self.rng.choice(heads), b=self.rng.choice(heads), c=city)

    def place(self) -> str:
        """A city alone: where many live is nobody's address."""
        province = self.rng.choice(list(words.PROVINCES))
        return self.rng.choice((*words.PROVINCES[province].split(), *words.MUNICIPALITIES))

    def _syllables(self) -> str:
        return "".join(
            self.rng.choice(words.TRANSLITERATED)
            for _ in range(self.rng.choices((2, 3, 4, 5), (4, 5, 3, 1))[0])
        )

    def _city(self, full: bool) -> str:
        if self.rng.random() < 0.3:
            return self.rng.choice(words.MUNICIPALITIES) + ("市" if self.rng.random() < 0.8 else "")
        province = self.rng.choice(list(words.PROVINCES))
        city = self.rng.choice(words.PROVINCES[province].split()) + ("市" if self.rng.random() < 0.85 else "")
        return (province if full else "") + city

    def _road(self) -> str:
        name = self.rng.choice(words.ROAD_WORDS)
        if self.rng.random() < 0.3:
            name = self.rng.choice(words.GIVEN) + self.rng.choice(words.GIVEN)
        ends = ("号", "号", "号", "弄", f"-{self.rng.randint(1, 20)}号")
        return name + self.rng.choice(words.ROAD_ENDS) + self._number(999) + self.rng.choice(ends)

    def _estate(self) -> str:
        return self.rng.choice(words.ESTATES) + self.rng.choice(words.ESTATE_ENDS)

    def _door(self) -> str:
        rng = self.rng
        building = rng.choice((str(rng.randint(1, 40)), rng.choice("ABCDEF"), rng.choice(_DIGITS)))
        block = building + rng.choice(("号楼", "栋", "幢", "座"))
        unit = (
            f"{rng.choice((str(rng.randint(1, 6)), rng.choice(_DIGITS[:6])))}单元"
            if rng.random() < 0.5
            else ""
        )
        return (
            block
            + unit
            + str(rng.randint(1, 33) * 100 + rng.randint(1, 8))
            + rng.choice(("室", "", "号", "房"))
        )

    def _number(self, most: int) -> str:
        return str(self.rng.randint(1, most))
