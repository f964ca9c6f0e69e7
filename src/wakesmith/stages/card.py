"""The model card: what a bundle is, how it was measured and what it was made from."""

from collections.abc import Mapping, Sequence

from wakesmith.measure import Evaluation
from wakesmith.plan.sources import File
from wakesmith.recipe import Recipe
from wakesmith.stages.licences import Used, table
from wakesmith.words import count_of

_FOR = {
    "openwakeword": "openWakeWord and Home Assistant",
    "microwakeword": "ESPHome's micro_wake_word",
}


def card(
    recipe: Recipe,
    found: Mapping[str, Evaluation],
    sources: Mapping[str, tuple[File, ...]],
    digests: Mapping[str, str],
    licences: Sequence[Used] = (),
    compared: Mapping[str, str] | None = None,
    joined: Mapping[str, int] | None = None,
) -> str:
    """The card as Markdown; ``found`` by family, ``digests`` by file, ``compared`` as text by
    family; ``joined`` is how many sayings of what were joined from the background's speech."""
    lines = [
        f"# {recipe.phrase}",
        "",
        f"A wake-word detector for {' and for '.join(_FOR[family] for family in found)}, language "
        f"{recipe.language}.",
        "",
        "## Use",
    ]
    for family in found:
        lines += [_use(family, recipe.file_name), ""]
    for family, evaluation in found.items():
        lines += [f"## Measured, for {_FOR[family]}"]
        lines += [*(f"    {line}" for line in evaluation.text().splitlines()), ""]
    for family, text in (compared or {}).items():
        lines += [f"## Learnt from mistakes, for {_FOR[family]}"]
        lines += [*(f"    {line}" for line in text.splitlines()), ""]
    lines += [
        "## Made from",
        *_made_from(recipe, sources, joined or {}),
        "",
        "## Licences",
        *table(licences),
        "",
        "## Files",
        *(f"- `{name}` sha256 `{digest}`" for name, digest in digests.items()),
        "",
    ]
    return "\n".join(lines)


def _use(family: str, name: str) -> str:
    if family == "microwakeword":
        return (
            f"Copy `microwakeword/{name}.json` and `microwakeword/{name}.tflite` beside the YAML "
            "of an ESPHome device and paste `microwakeword/esphome.yaml` into it. Cutoff and "
            "sliding window in the manifest are the chosen operating point."
        )
    return (
        f"Copy `{name}.tflite` to `/share/openwakeword` (Home Assistant), or load it or "
        f"`{name}.onnx` with openWakeWord. 0.5 is the chosen operating point."
    )


def _made_from(
    recipe: Recipe, sources: Mapping[str, tuple[File, ...]], joined: Mapping[str, int]
) -> list[str]:
    lines = [
        "- Rooms and noise simulated by Wakesmith, unless listed below.",
    ]
    for what, files in sources.items():
        if files:
            minutes = sum(f.seconds for f in files) / 60
            lines.append(f"- {what}: {count_of(len(files), 'file')}, {minutes:.1f} minutes.")
    lines += [
        f"- {count:,} sayings of {what}, joined from pieces of the speech in the background."
        for what, count in joined.items()
        if count
    ]
    if "microwakeword" in recipe.families:
        lines += [f"- Spectrograms of {one.folder}." for one in recipe.micro.sets]
    if recipe.taught:
        lines.append(
            "- The streaming network was taught by one of the openWakeWord family, trained on the "
            "same sound."
        )
    lines.append(f"- Seed {recipe.seed}; the manifest names the store's entries.")
    return lines
