"""What neural voices are beyond their names: a voice's files may be replaced under its name."""

from collections.abc import Mapping, Sequence

from wakesmith import tts
from wakesmith.plan.blends import model_of
from wakesmith.plan.draws import Utterance
from wakesmith.plan.fingerprint import fingerprint
from wakesmith.plan.groups import Group
from wakesmith.stages.memory import Memory
from wakesmith.store import Store

Contents = Mapping[str, str]
"""Digest of a model's files by ``ENGINE/MODEL``, of those that have files."""


def contents(voices: Mapping[str, Sequence[str]], store: Store) -> dict[str, str]:
    """The contents of these voices by engine; a file that did not change is not read again."""
    memory, found = Memory(store.root / "voices.json"), dict[str, str]()
    for engine, offered in voices.items():
        for model in dict.fromkeys(map(model_of, offered)):
            if files := tts.files(engine, model):
                found[f"{engine}/{model}"] = fingerprint([memory.digest(file) for file in files])
    memory.save()
    return found


def heard_in(group: Group, known: Contents) -> dict[str, str]:
    """The contents of those that speak in a group."""
    if not known:
        return {}
    said = (one for one in group.utterances if isinstance(one, Utterance))
    named = {f"{one.engine}/{model_of(one.voice)}" for one in said}
    return {name: known[name] for name in sorted(named & known.keys())}
