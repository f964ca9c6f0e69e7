"""The part of a recipe that says what an earlier model got wrong."""

from typing import Annotated

from pydantic import Field

from wakesmith.recipe.fields import Part, Place, Positive, Share


class Feedback(Part):
    """What the models that training starts from got wrong; ``wakesmith learn`` writes it.

    What is made learns from it. The teacher of a streaming network that is made alone does not, and
    no teacher has a say in it.
    """

    false_accepts: tuple[Place, ...] = ()
    """Folders or files of sound that set it off and is not the phrase."""
    misses: tuple[Place, ...] = ()
    """Folders or files of the phrase that it did not hear, one saying a file."""
    ambient: tuple[Place, ...] = ()
    """Hours of sound without the phrase. Nothing of it is trained on by itself: what fired in its
    first part is among the false accepts, and its held-out part is heard before and after."""
    held_out: Annotated[Share, Field(lt=1)] = 0.3
    """Share of each that is not trained on, by file (of ambient files that are too long for that,
    the end), to compare the model before with the one after."""
    copies: Positive = 8
    """Mixed copies of each false accept and miss, beside the sound as it is."""
    weight: Annotated[Share, Field(lt=1)] = 0.2
    """Share of each batch's positives that are misses, and of its background that are false
    accepts."""

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return bool(self.false_accepts or self.misses or self.ambient)
