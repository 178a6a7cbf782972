"""Photos that come with scikit-image, as frames."""

import numpy as np
from skimage import data

from explainer.core.frame import Frame


def photo(name: str) -> Frame:
    return Frame(np.array(getattr(data, name)()), source_id=name)


PHOTOS = ("chelsea", "coffee", "rocket")
