"""The house has floors: no import may run up. Walks every import statement in the source."""

import ast
from pathlib import Path

import equidistance

ROOT = Path(equidistance.__file__).parent

FLOORS = (  # top to bottom; folders on one floor may not know each other
    {"cli"},
    {"report"},
    {"claims"},
    {"assessment"},
    {"corridors", "reexports", "reading"},
    {"figures", "models"},
    {"indicators"},
    {"sources"},
    {"evidence"},
    {"ground"},
    {"errors", "tables", "printable", "writing"},
)
ALLOWED = {
    (
        "assessment/assess.py",
        "report",
    ): "Assessment.report() writes itself, so that a notebook needs no second import",
    ("assessment/voting.py", "report"): "VotingRecord.report(), for the same reason",
    ("assessment/ideal_points_result.py", "report"): "IdealPoints.report(), for the same reason",
    ("assessment/compare.py", "report"): "Comparison.report(), for the same reason",
    ("evidence/store.py", "sources"): "the store gives rejected rows back as the sources declare them",
}
NEVER = {
    ("models", "ground"),
    ("models", "indicators"),
    ("models", "sources"),
    ("models", "evidence"),
    ("indicators", "sources"),
    ("indicators", "evidence"),
    ("figures", "indicators"),
    ("figures", "sources"),
}
"""Arrows that run down and are still not wanted: what these would exchange goes through the findings or the store."""


def _floor(package: str) -> int:
    return next(i for i, floor in enumerate(FLOORS) if package in floor)


def _imports() -> list[tuple[str, str, str]]:
    """(file, own folder, imported folder) of every import of the package's own modules outside TYPE_CHECKING."""
    found = []
    for path in ROOT.rglob("*.py"):
        relative = path.relative_to(ROOT)
        own = relative.parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        typing_only = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in typing_only:
                continue
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                parts = name.split(".")
                if parts[0] == "equidistance" and len(parts) > 1 and parts[1] != "__version__":
                    found.append((str(relative), own, parts[1]))
    return found


def test_no_arrow_runs_up() -> None:
    imports = _imports()
    assert len(imports) > 100  # the walk really saw the code
    wrong = []
    for file, own, other in imports:
        if own == other or (file, other) in ALLOWED:
            continue
        if (own, other) in NEVER or _floor(other) <= _floor(own):
            wrong.append(f"{file}: {own} -> {other}")
    assert not wrong, "\n".join(wrong)


def test_importing_the_package_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, equidistance; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("numpy", "pyarrow", "duckdb", "altair", "pandas", "typer"):
        assert f"'{heavy}'" not in loaded
    assert len(equidistance.__all__) <= 15
    assert all(getattr(equidistance, name) is not None for name in equidistance.__all__)


def test_functions_stay_functions_after_their_modules_are_imported() -> None:
    """A subpackage of the same name would replace the function once it is imported."""
    import equidistance.assessment.why

    assert callable(equidistance.assess)
    assert callable(equidistance.why)


def test_no_file_is_a_warehouse() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in ROOT.rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 600
    }
    assert not long
