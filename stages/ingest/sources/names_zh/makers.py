"""Made-up names, addresses and organisations. A real person of that name would be chance."""

from random import Random

from stages.ingest.sources.names_zh import words
from stages.ingest.sources.names_zh.lore import END, Letters, Lore

_DIGITS = "一二三四五六七八九十"


class Maker:
    """Draws values from `rng`, of its own words and of what the news tell about names."""

    def __init__(self, rng: Random, lore: Lore) -> None:
        self.rng = rng
        self._lore = lore
        # about Zipf's: the first surnames are those of most people
        self._weights = [1.0 / (8 + place) for place in range(len(words.SURNAMES))]

    def surname(self) -> str:
        if self.rng.random() < 0.04:
            return self.rng.choice(words.DOUBLE_SURNAMES)
        return self.rng.choices(words.SURNAMES, self._weights)[0]

    def given(self) -> str:
        """One or two characters: of every ten names four as in the news, one of any characters at all."""
        drawn = self.rng.random()
        if drawn < 0.22:
            return self._letter(1)
        first = self._letter(0)
        if drawn < 0.28:
            return first * 2
        if drawn < 0.34:
            return self.rng.choice("小子文阿雨晓") + first
        return first + self._letter(1)

    def full(self) -> str:
        drawn = self.rng.random()
        if drawn < 0.04:
            given = self.rng.choice(words.JAPANESE_GIVEN) if self.rng.random() < 0.7 else self.given()
            return self.rng.choice(words.JAPANESE) + given
        return self.surname() + self.given()

    def word(self) -> str:
        """A word of the dictionary, at times a place or a brand: nobody's name."""
        if self._lore.places and self.rng.random() < 0.12:
            return self.rng.choice(self._lore.places)
        return self.rng.choice(self._lore.lexicon)

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
        """Such as 小王, 老李, 阿芳, 豆豆, 明哥, 英子, 李小花, 张先生, 婷婷姐姐."""
        drawn = self.rng.random()
        pool = self.rng.choice((words.GIVEN, words.NICKS))
        if drawn < 0.27:
            return self.rng.choice(words.LEADING) + self.rng.choice(
                (self.surname()[0], self.rng.choice(pool))
            )
        if drawn < 0.42:
            return self.rng.choice(pool) * 2
        if drawn < 0.57:
            return self.rng.choice((self.surname(), self.rng.choice(pool), self.given())) + self.rng.choice(
                words.TRAILING
            )
        if drawn < 0.66:
            return self.rng.choice("小阿") + self.rng.choice(pool) + self.rng.choice(pool)
        if drawn < 0.78:
            return self.surname() + self.rng.choice("小大阿老") + self.rng.choice(pool)
        if drawn < 0.87:
            called = (self.surname, self.full, self.given)
            return self.rng.choice(called)() + self.rng.choice(words.COURTESIES)
        return self.given() if drawn < 0.97 else self.surname() + self.rng.choice(("某", "某某", "董"))

    def person(self) -> str:
        """Any of these, as often as they are met."""
        drawn = self.rng.random()
        if drawn < 0.64:
            return self.full()
        if drawn < 0.83:
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
        """A city alone, at times any place of the news: where many live is nobody's address."""
        if self._lore.places and self.rng.random() < 0.3:
            return self.rng.choice(self._lore.places)
        province = self.rng.choice(list(words.PROVINCES))
        return self.rng.choice((*words.PROVINCES[province].split(), *words.MUNICIPALITIES))

    def _letter(self, place: int) -> str:
        """A character of a given name: its first or second."""
        drawn = self.rng.random()
        if drawn < 0.1:
            return self.rng.choice(self._lore.letters)
        if drawn < 0.5 and self._lore.given:
            return self._lore.given[place].draw(self.rng)
        return self.rng.choice(words.GIVEN)

    def _syllables(self) -> str:
        """A part of a transliterated name: mostly a walk along the characters of those in the news."""
        if self._lore.syllables and self.rng.random() < 0.75:
            return self._walk(self._lore.syllables)
        return "".join(
            self.rng.choice(words.TRANSLITERATED)
            for _ in range(self.rng.choices((2, 3, 4, 5), (4, 5, 3, 1))[0])
        )

    def _walk(self, follows: dict[str, Letters]) -> str:
        while True:
            part = letter = follows[END].draw(self.rng)
            while letter := follows[letter].draw(self.rng):
                part += letter
            if 2 <= len(part) <= 6 and part not in self._lore.taken:
                return part

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
