"""Kinds of values that a recipe's fields hold: numbers in a range, ranges, places, phrases."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError


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
"""A file or folder; a relative one is meant from the recipe's own folder. ``data:NAME`` or
``data:NAME/sub/folder`` is a source of the catalog."""


def _remote(text: str) -> str:
    if not text.startswith(("data:", "https://", "http://", "hf://")):
        raise ValueError(f"must begin with data:, https:// or hf://, not {text!r}")
    return text


Remote = Annotated[str, AfterValidator(_remote)]
"""A file that need not be on this machine."""

AnyPlace = Annotated[str, Field(json_schema_extra=PATH)]
"""A ``Place``, or empty for none."""


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    if not any(letter.isalnum() for letter in text):
        raise ValueError("there is no letter in it; write the phrase as it is said")
    return text


Phrase = Annotated[str, AfterValidator(_one_line)]
"""Words to be said: one line, runs of spaces made one."""


def _some_text(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, AfterValidator(_some_text)]
"""Any text but none."""


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        fits = not text or (parts.scheme in {"http", "https"} and bool(parts.hostname))
    except ValueError:
        fits = False
    if not fits or text != "".join(text.split()):
        raise ValueError(f"must be an address like https://example.org/, or empty, not {text!r}")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""A web address; empty for none."""


def _some_engine(shares: dict[str, float]) -> dict[str, float]:
    if not any(share > 0 for share in shares.values()):
        raise ValueError("at least one engine needs a share above 0")
    return shares


Engines = Annotated[
    dict[Literal["flite", "espeak", "piper", "kokoro"], NonNegativeFloat],
    AfterValidator(_some_engine),
]


Fault = tuple[tuple[str | int, ...], str]
"""Where in a part something is wrong, and what; an empty path is the part itself."""


def tell(part: str, faults: Iterable[Fault]) -> None:
    """Raise what is wrong with a part, all at once; nothing when there is nothing.

    For a validator: pydantic puts each fault under its own path.
    """
    details = [
        InitErrorDetails(
            type=PydanticCustomError("value_error", "{said}", {"said": said}), loc=path, input=None
        )
        for path, said in faults
    ]
    if details:
        raise ValidationError.from_exception_data(part, details)


class Part(BaseModel):
    """A piece of the recipe: frozen, and strict about keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )
