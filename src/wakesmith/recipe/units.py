"""What is joined from people's speech."""

from wakesmith.recipe.fields import Count, Part, PositiveFloat, Share


class Units(Part):
    """The phrase in voices of people who did not say it, joined from pieces of their speech.

    English only. They need pocketsphinx, which finds the phones, and background
    (``negatives.background``) in which people speak: five minutes at least of the part that is
    trained on, an hour is better."""

    sayings: Count = 600
    """How many are joined for training; 0 for none, nor near misses."""
    near_misses: Count = 400
    """How many near misses are joined likewise, so that it is not being joined that is learnt."""
    copies: Count = 4
    """Differently mixed copies of each, at another tempo and pitch each time; 0 as if there were
    none to be joined."""
    weight: Share = 0.5
    """Their share of each batch's positives that are not recordings of the phrase; less where fewer
    can be joined. 0 joins nothing, near misses neither."""
    hours: PositiveFloat = 1.5
    """Hours of background that phones are looked for in, to a minute, and half an hour of what is
    held back to validate on: the longer, the smoother the sayings."""

    @property
    def asked(self) -> bool:
        """Whether anything is to be joined."""
        return bool(self.sayings and self.copies and self.weight)
