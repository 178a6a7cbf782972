"""Make ``resources/data/garment-vectors.npz``: what EfficientNet-Lite0 makes of the first 500 training garments.

    python packaging/make_garment_vectors.py

The archive holds ``vectors (500, 1280) float16``. A test computes some of them anew.
"""

import numpy as np
from make_garments import DATA, record

from explainer.core.context import Settings
from explainer.vision.training import frozen
from explainer.vision.zoo.zoo import Zoo


def main() -> None:
    """Write the archive and its row."""
    with Zoo().lease(frozen.NETWORK, Settings(device="cpu")) as net:
        vectors = frozen.vectors_of(net, frozen.garment_squares())
    np.savez_compressed(DATA / frozen.FILE, vectors=vectors.astype(np.float16))
    made = "made for this project by EfficientNet-Lite0 from garments.npz, which keeps its own terms"
    record(frozen.FILE, made, "Apache-2.0", "python packaging/make_garment_vectors.py")
    print(f"{frozen.FILE}: {vectors.shape}, {(DATA / frozen.FILE).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
