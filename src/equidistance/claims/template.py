"""A claim file to start from."""

from equidistance.claims.files import FORMAT, yaml_text
from equidistance.claims.forms import FORMS
from equidistance.errors import UnknownName


def template(form: str = "all") -> str:
    """Examples of one form or of all, with comments on the fields; it can be run as it is.

    Raises:
        UnknownName: no such form.
    """
    if form != "all" and form not in FORMS:
        raise UnknownName(f"There is no form {form!r}.", choices=("all", *FORMS))
    text = (
        "# Claims to be checked: equidistance check FILE. Every claim needs form and quote (a sentence that says it).\n"
        "# States and powers by code or name; dates as 2022, 2022-07, 2022-07-15, 2022-Q3, 2022-summer or 2020s;\n"
        "# direction: closer, same or away; negated: true for a claim that denies. Schema: equidistance claims schema\n"
        f"format: {FORMAT}\n"
        "title: My argument\n"
        "# published: 2022-11-24   (date of the text; windows of claims end there)\n"
        "# source: where the text stands; its own acts are then not taken for evidence of it\n"
        "claims:\n"
    )
    for spec in FORMS.values():
        if form not in ("all", spec.name):
            continue
        needs = f"needs {', '.join(spec.needs)}" if spec.needs else "needs nothing more"
        may = f"; may have {', '.join(spec.may)}" if spec.may else ""
        text += f"  # {spec.name}: {spec.title}; tested by {spec.test}\n  # {needs}{may}\n"
        block = yaml_text([{"form": spec.name, "quote": spec.quote, **spec.example}])
        text += "".join(f"  {line}\n" for line in block.splitlines())
    return text
