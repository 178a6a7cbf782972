"""The former name of `explainer.render.source_reading`, for scripts outside that import it: doing so is enough."""

from explainer.render import source_reading

source_reading.switch_off()
