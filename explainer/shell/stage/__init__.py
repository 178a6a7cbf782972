"""The stage: headline, heroes, film and charts, and its states."""

from explainer.shell.stage.widget import Stage

__all__ = ["Stage"]
