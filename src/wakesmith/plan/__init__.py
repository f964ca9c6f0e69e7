"""All the dice, thrown in one place: a plan is a function of the recipe and the user's files."""

from wakesmith.plan.draws import Mix, Role, Split, Utterance

__all__ = ["Mix", "Role", "Split", "Utterance"]
