"""Two settings, networks or demos against each other."""

from explainer.shell.comparing.controller import Comparing

__all__ = ["Comparing"]
