"""An older name of `explainer.commands.bootstrap`, for scripts that were written for it."""

from explainer.commands.bootstrap import *  # noqa: F403
