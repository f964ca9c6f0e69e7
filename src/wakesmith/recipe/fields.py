"""Kinds of values that a recipe's fields hold: numbers in a range, ranges, places, phrases."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"must be a number, not {str(value).lower()}")
    return value


_number = BeforeValidator(_no_truth)  # for Python, True is 1; for a recipe it is a mistake
Share = Annotated[float, Field(ge=0, le=1), _number]
Count = Annotated[int, Field(ge=0), _number]
Positive = Annotated[int, Field(gt=0), _number]
PositiveFloat = Annotated[float, Field(gt=0), _number]
NonNegativeFloat = Annotated[float, Field(ge=0), _number]


def _upwards(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the range {list(ends)} must be written low to high")
    return ends


Span = Annotated[tuple[float, float], AfterValidator(_upwards)]
"""Lower and upper end of a range that is drawn from evenly."""
RatioSpan = Annotated[tuple[PositiveFloat, PositiveFloat], AfterValidator(_upwards)]
"""A range of ratios, all above 0."""

PATH: dict[str, JsonValue] = {"format": "path"}
Place = Annotated[str, Field(min_length=1, json_schema_extra=PATH)]
"""A file or folder; a relative one is meant from the recipe's own folder."""


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    if not any(letter.isalnum() for letter in text):
        raise ValueError("there is no letter in it; write the phrase as it is said")
    return text


Phrase = Annotated[str, AfterValidator(_one_line)]
"""Words to be said: one line, runs of spaces made one."""


def _some_engine(shares: dict[str, float]) -> dict[str, float]:
    if not any(share > 0 for share in shares.values()):
        raise ValueError("at least one engine needs a share above 0")
    return shares


Engines = Annotated[
    dict[Literal["flite", "espeak"], NonNegativeFloat], AfterValidator(_some_engine)
]


class Part(BaseModel):
    """A piece of the recipe: frozen, and strict about keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
