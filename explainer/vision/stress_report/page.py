"""Pages from templates, whatever comes from outside escaped by the engine."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from explainer.core import paths, words
from explainer.vision.stress_report.pictures import data_uri


@cache
def _engine() -> Environment:
    made = Environment(
        loader=FileSystemLoader(paths.resource("pages")), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters |= {
        "percent": words.percent,
        "score": words.score,
        "whole": lambda share: f"{100 * share:.0f}",
        "tenth": lambda px: f"{px:.1f}",
        "uri": data_uri,
        "zip": zip,
    }
    return made


def filled(template: str, **values: Any) -> str:
    """Fill in a template of ``resources/pages/``.

    Parameters
    ----------
    values
        Whatever the template names. Text in them is text, also where it looks like HTML.

    Raises
    ------
    jinja2.UndefinedError
        If the template names what is not there.
    """
    return _engine().get_template(template).render(values)
