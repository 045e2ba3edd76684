"""The documentation says what the program does: reference pages, examples, commands and links are current."""

import importlib.util
import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

import equidistance
from equidistance.cli.main import app
from equidistance.evidence.schema import TABLES
from equidistance.ground.blocs import all_blocs
from equidistance.ground.states import all_states
from equidistance.indicators.declare import all_indicators
from equidistance.sources.card import all_sources

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


reference = script("generate_reference")
outputs = script("refresh_outputs")


def reference_page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


# The reference


def test_committed_reference_pages_are_current() -> None:
    assert reference.outdated() == [], "run: python scripts/generate_reference.py"


def test_an_outdated_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in reference.WRITERS:
        (tmp_path / name).write_text(reference_page(name), encoding="utf-8")
    page = tmp_path / "ground.md"
    page.write_text(page.read_text(encoding="utf-8").replace("Kazakhstan", "Absurdistan"), encoding="utf-8")
    assert reference.outdated(tmp_path) == ["ground.md"]
    monkeypatch.setattr(sys, "argv", ["generate_reference.py", "--check"])
    monkeypatch.setattr(reference, "outdated", lambda: ["ground.md"])
    assert reference.main() == 1
    assert "docs/reference/ground.md is outdated" in capsys.readouterr().err


def commands() -> Iterator[tuple[str, str]]:
    """Every command as the program itself lists it, with its help."""
    runner = CliRunner()
    for name in re.findall(r"^  ([a-z][a-z-]*)  ", help_of(runner), re.MULTILINE):
        inner = help_of(runner, name)
        below = inner.partition("Commands:")[2]
        for command in re.findall(r"^  ([a-z][a-z-]*)  ", below, re.MULTILINE) or [""]:
            words = [name, command] if command else [name]
            yield " ".join(words), help_of(runner, *words)


def help_of(runner: CliRunner, *words: str) -> str:
    result = runner.invoke(app, [*words, "--help"], terminal_width=200)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_command_and_option_is_in_the_reference() -> None:
    page = reference_page("command-line.md")
    sections = dict(re.findall(r"^## ([a-z -]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    listed = list(commands())
    assert len(listed) >= 10
    for name, text in listed:
        assert name in sections, name
        for option in set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)) - {"--help"}:
            assert f"`{option}`" in sections[name], (name, option)
    assert "`--debug`" in page


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("sources.md", list(all_sources())),
        ("indicators.md", list(all_indicators())),
        ("evidence-tables.md", list(TABLES)),
        ("ground.md", [bloc.code for bloc in all_blocs()]),
    ],
)
def test_everything_registered_has_its_section(page: str, names: list[str]) -> None:
    headings = re.findall(r"^##+ (\S+)$", reference_page(page), re.MULTILINE)
    assert set(names) <= set(headings)


def test_a_source_shows_what_one_must_know_before_using_it() -> None:
    page = reference_page("sources.md")
    for source in all_sources().values():
        card = source.card
        for text in (card.licence, card.citation, card.address, *card.files, *card.caveats):
            assert text.replace("|", "\\|") in page
        assert all(download.url in page for download in card.downloads)


def test_every_state_is_in_the_table() -> None:
    page = reference_page("ground.md")
    for state in all_states():
        assert f"| {state.code} | {state.name} | {state.name_ru} | " in page


def test_public_names_and_errors_are_in_the_python_page() -> None:
    page = reference_page("python.md")
    for name in equidistance.__all__:
        assert f"`eq.{name}`" in page, name
    for name, kind in inspect.getmembers(equidistance.errors, inspect.isclass):
        if issubclass(kind, equidistance.EquidistanceError):
            assert f"`{name}`" in page, name
    for path in re.findall(r"^::: (\S+)$", page, re.MULTILINE):
        assert reference.locate(path).__doc__, path


# The examples


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in outputs.PAGES if path.is_file()], ids=lambda path: path.name
)
def test_examples_run_and_their_outputs_are_current(path: Path) -> None:
    """Also runs every python block; a block that fails is an error, not a difference."""
    now = outputs.refreshed(path)
    assert now == path.read_text(encoding="utf-8"), "run: python scripts/refresh_outputs.py"


def test_examples_stand_on_pages_that_are_run() -> None:
    """A python or console block on another page would never be run."""
    for path in set(PAGES) - set(outputs.PAGES) - set(REFERENCE.iterdir()):
        found = outputs.blocks(path.read_text(encoding="utf-8"))
        assert not [block.text for block in found if block.runs], path


def test_a_failing_example_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 / 0)\n```\n")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        outputs.refreshed(page)
    page.write_text("```console\n$ equidistanse\n```\n")
    with pytest.raises(RuntimeError, match="equidistanse"):
        outputs.refreshed(page)


def test_outputs_are_replaced_and_the_rest_is_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "a\n\n```console\n$ cat <<'END'\n> one\n> END\nold\n$ true\n```\n\n```python\nprint(2)\n```\n\n"
        "<!-- output -->\n```text\nold\n```\n\n<!-- not run: no -->\n```python\nprint(3)\n```\nb\n"
    )
    wanted = page.read_text().replace("> END\nold", "> END\none").replace("text\nold", "text\n2")
    assert outputs.refreshed(page) == wanted


def lines_of_commands() -> list[tuple[str, str]]:
    """Every line of the documentation that calls the program: in console and shell blocks, and as inline code."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for block in outputs.blocks(text):
            if block.language in ("console", "sh"):
                lines = block.commands or block.text.splitlines()
                found += [(path.name, line) for line in lines if line.startswith("equidistance ")]
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        found += [(path.name, line) for line in re.findall(r"`(equidistance [^`]+)`", prose)]
    return found


def test_every_command_shown_is_one_the_program_takes() -> None:
    """Command, options and their values are those of the program; names in capitals stand for something."""
    known = dict(reference.commands())
    lines = lines_of_commands()
    assert len(lines) > 40
    for page, line in lines:
        words = shlex.split(re.split(r" [|>] ", line)[0], comments=True)[1:]
        if "\n" in line or not words or words[0].startswith("-"):
            assert not words or words[0] in (
                "--debug",
                "--help",
                "--install-completion",
                "--show-completion",
            ), line
            continue
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in known), None)
        assert name, (page, line)
        options = {p.name: p for p in reference.parameters(known[name]) if p.is_option}
        rest = words[len(name.split()) :]
        for position, word in enumerate(rest):
            option, _, value = word.partition("=")
            if option.startswith("--") and option != "--help":
                assert option in options, (page, line)
                allowed = re.findall(r"`([^`]+)`", options[option].value)
                value = value or (rest[position + 1] if position + 1 < len(rest) else "")
                assert not allowed or set(value.split("|")) <= set(allowed), (page, line)


# Links and words


def anchors(page: str) -> set[str]:
    """The ids that headings get, as mkdocs and GitHub make them, and those of the Python names."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    made = {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r"^::: (\S+)$", page, re.MULTILINE))


def test_links_between_pages_resolve() -> None:
    broken = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            other = (path.parent / name).resolve() if name else path
            if not other.is_file() or (anchor and anchor not in anchors(other.read_text(encoding="utf-8"))):
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken, "\n".join(broken)


def test_pages_of_the_site_are_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for path in DOCS.rglob("*.md"):
        assert f": {path.relative_to(DOCS).as_posix()}\n" in navigation, path


FORBIDDEN = re.compile(
    r"/work/|/tmp/|/home/|/root/|pypi|conda-forge|anaconda\.org|proxy|mirror\.|TODO|FIXME", re.IGNORECASE
)
"""Places of one machine, hosts of package registries, unfinished work."""


def test_nothing_of_one_machine_is_in_the_pages() -> None:
    for path in PAGES:
        found = FORBIDDEN.findall(path.read_text(encoding="utf-8"))
        assert not found, (path, found)


@pytest.mark.slow
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="needs the docs extra")
    pytest.importorskip("material", reason="needs the docs extra")
    site = tmp_path / "site"
    # not --quiet: it hides the warnings from --strict, which then passes everything
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    loads = re.compile(
        r"<(?:script|img|iframe|source)[^>]+src=[\"']?(?:https?:)?//|<link[^>]+href=[\"']?(?:https?:)?//"
    )
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not loads.search(text), page
        assert not re.search(r":(?:func|class|data|meth|mod):", text), page
