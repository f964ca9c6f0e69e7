"""The pages say what the code does."""

import dataclasses
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import click
import pytest
from pydantic import BaseModel

from wakesmith import events
from wakesmith.cli import main
from wakesmith.measure import Evaluation
from wakesmith.recipe import Recipe, read

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    for name, text in generate.pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, "run `make docs`"


def fields(model: type[BaseModel]) -> list[str]:
    names = []
    for name, info in model.model_fields.items():
        names.append(name)
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += fields(inner)
    return names


def test_every_field_has_a_row() -> None:
    page = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    for name in fields(Recipe):
        row = re.search(rf"^\| `{name}` \| (.*) \|$", page, re.MULTILINE)
        assert row, name
        assert row.group(1).split(" | ")[-1].strip(), f"{name} has no meaning"


def test_every_command_has_a_heading_and_help() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in main.commands.items():
        assert f"\n## {name}\n" in page
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name}: {parameter.name}"


def test_every_event_has_a_heading() -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    for event in get_args(events.Event):
        assert f"\n## {event.__name__}\n" in page


def test_every_part_of_an_evaluation_is_documented() -> None:
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    table = page[page.index("ends with\n") :]
    for field in dataclasses.fields(Evaluation):
        assert f"\n| `{field.name}` | " in table
    for name in re.findall(r"\]\(#(\w+)\)", table):
        assert f"\n### {name}\n" in table.lower()


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_readme_leads_to_every_page() -> None:
    found, left = set[Path](), [ROOT.resolve() / "README.md"]
    while left:
        page = left.pop()
        found.add(page)
        links = re.findall(r"\]\(([^)#]+\.md)", page.read_text(encoding="utf-8"))
        near = {(page.parent / link).resolve() for link in links if "://" not in link}
        left += sorted(near - found - set(left))
    pages = [ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]
    assert not {page.resolve() for page in pages} - found, "no page links to them"


def test_every_recipe_that_we_give_can_be_run() -> None:
    recipes = sorted([*ROOT.glob("recipes/*.yaml"), *ROOT.glob("recipes/*.yml")])
    assert recipes
    for path in recipes:
        recipe = read(path).recipe
        assert recipe.phrase
        for folders in (recipe.recordings.folders, recipe.negatives.background):
            assert not folders, f"{path.name} names folders that nobody has but us: {folders}"


def test_the_lines_that_a_recipe_leaves_to_the_user_are_right(tmp_path: Path) -> None:
    text = (ROOT / "recipes" / "household.yaml").read_text(encoding="utf-8")
    (tmp_path / "my.yaml").write_text(re.sub(r"^( *)# (?= *\w+:)", r"\1", text, flags=re.MULTILINE))
    recipe = read(tmp_path / "my.yaml").recipe
    assert recipe.recordings.folders == (str(tmp_path / "recordings"),)
    assert recipe.negatives.background == (str(tmp_path / "background"),)


def test_the_recipes_in_the_readme_can_be_run(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        (tmp_path / "my.yaml").write_text(block)
        read(tmp_path / "my.yaml")


def shown() -> Iterator[tuple[str, list[str]]]:
    """Every command line that a page written by hand shows, and the page's name."""
    begins = re.compile(r"^ *(?:\$ )?(?:cd \w+ && )?wakesmith (.+)$", re.MULTILINE)
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md")]:
        text = page.read_text(encoding="utf-8")
        if page.name != "cli.md":
            for line in [*begins.findall(text), *re.findall(r"`wakesmith ([^`]+)`", text)]:
                words = re.sub(r" (…|\|.*)", "", line)
                yield page.name, shlex.split(words, comments=True)


def test_the_commands_on_the_pages_are_taken() -> None:
    """With their options; what they name need not be there."""
    used = set()
    for page, words in shown():
        command: click.Command = main
        context = click.Context(main)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.get_command(context, words[0])
            assert found is not None, f"{page}: wakesmith has no {words[0]}"
            command, words = found, words[1:]
            used.add(command.name)
        if words:
            try:
                command.make_parser(click.Context(command)).parse_args(words)
            except click.UsageError as error:
                pytest.fail(f"{page}: {command.name} {words}: {error.format_message()}")
    assert {"train", "detect", "evaluate", "say", "extract", "learn"} <= used
