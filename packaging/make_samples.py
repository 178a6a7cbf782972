r"""Rebuild ``sample_images/`` from the packages that its pictures come from.

    python -m pip download --no-deps scikit-learn==1.9.1 && unzip scikit_learn-*.whl -d SKLEARN
    apt-get download opencv-doc && dpkg-deb -x opencv-doc_4.6.0+dfsg-12_all.deb OPENCV
    python packaging/make_samples.py --skimage SITE-PACKAGES/skimage/data \
        --sklearn SKLEARN/sklearn/datasets/images --opencv OPENCV/usr/share/doc/opencv-doc/examples

Pictures become JPEG of quality 90 with a longer side of at most 1280 pixels. Beside them lie
``manifest.json`` (file, sha256, licence, source, bytes) and ``CREDITS.md``.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import make_clip
from PIL import Image

LONGER_SIDE_PX = 1280
QUALITY = 90
SKIMAGE, SKLEARN, OPENCV = "scikit-image 0.26.0", "scikit-learn 1.9.1", "Debian opencv-doc 4.6.0+dfsg-12"
NONE_KNOWN = "no known copyright restrictions"
OPENCV_TERMS = "Apache-2.0 AND BSD-3-Clause"
PACKAGE_ONLY = "The file carries no statement of its own; the terms are those of the whole package."


@dataclass(frozen=True, slots=True)
class Sample:
    """One file: what it becomes, where it lies, and whose it is, as stated there."""

    file: str
    package: str
    path: str
    shows: str
    author: str
    licence: str
    remark: str = ""


SAMPLES = (
    Sample("astronaut.jpg", SKIMAGE, "astronaut.png", "Astronaut Eileen Collins", "NASA", "public domain"),
    Sample("cameraman.jpg", SKIMAGE, "camera.png", "A man with a camera, grey", "Lav Varshney", "CC0"),
    Sample("cat.jpg", SKIMAGE, "chelsea.png", "Chelsea the cat", "Stéfan van der Walt", "CC0"),
    Sample("coffee.jpg", SKIMAGE, "coffee.png", "A cup of espresso", "Rachel Michetti", "CC0",
           "Courtesy of Pikolo Espresso Bar."),
    Sample("coins.jpg", SKIMAGE, "coins.png", "Greek coins from Pompeii, grey", "Brooklyn Museum Collection",
           NONE_KNOWN),
    Sample("galaxies.jpg", SKIMAGE, "hubble_deep_field.jpg", "Hubble eXtreme Deep Field", "NASA",
           "public domain"),
    Sample("retina.jpg", SKIMAGE, "retina.jpg", "Fundus of a healthy left eye", "Mikael Häggström", "CC0"),
    Sample("rocket.jpg", SKIMAGE, "rocket.jpg", "Falcon 9 with DSCOVR before its launch", "SpaceX",
           "public domain"),
    Sample("tissue.jpg", SKIMAGE, "ihc.png", "Colonic glands, stained",
           "Center for Microscopy and Molecular Imaging", NONE_KNOWN),
    Sample("formulas.jpg", SKIMAGE, "text.png", "Formulas on squared paper, grey", "Wikipedia (Corner.png)",
           "public domain"),
    Sample("flower.jpg", SKLEARN, "flower.jpg", "A dahlia", "danielbuechele", "CC-BY-2.0",
           "The README beside it names danielbuechele and links to flickr.com/photos/vultilion/6056698931."),
    Sample("temple.jpg", SKLEARN, "china.jpg", "A Chinese palace", "danielbuechele", "CC-BY-2.0",
           "flickr.com/photos/danielbuechele/6061409035"),
    Sample("dog.jpg", OPENCV, "data/chicky_512.png", "A dog", "OpenCV contributors", OPENCV_TERMS,
           PACKAGE_ONLY),
    Sample("starry-night.jpg", OPENCV, "data/starry_night.jpg", "The Starry Night (1889)",
           "Vincent van Gogh", "public domain",
           f"The painting is free. {PACKAGE_ONLY}"),
)  # fmt: skip
OWN = "Explainer"
CLIP = Sample(
    "drift.mp4",
    OWN,
    "packaging/make_clip.py",
    "A cup that drifts over a temple and behind a post; made, not filmed",
    "from coffee.jpg and temple.jpg above",
    "CC-BY-2.0",
    "Made of two samples; the terms are those of temple.jpg.",
)


def main() -> None:
    """Write all files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("skimage", "sklearn", "opencv"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "sample_images")
    given = parser.parse_args()
    roots = {SKIMAGE: given.skimage, SKLEARN: given.sklearn, OPENCV: given.opencv}
    given.out.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        picture(roots[sample.package] / sample.path, given.out / sample.file)
    make_clip.write(given.out)
    records = [row(sample, given.out) for sample in (*SAMPLES, CLIP)]
    manifest = json.dumps(records, indent=2, ensure_ascii=False)
    (given.out / "manifest.json").write_text(manifest + "\n", "utf-8")
    (given.out / "CREDITS.md").write_text(credits_text(), "utf-8")
    print(f"{len(records)} files, {sum(int(r['bytes']) for r in records):,} bytes")


def picture(source: Path, target: Path) -> None:
    """Write a picture as JPEG, reduced where it is large; greys stay grey, other data are left out."""
    with Image.open(source) as image:
        image.thumbnail((LONGER_SIDE_PX, LONGER_SIDE_PX), Image.Resampling.LANCZOS)
        mode = "L" if image.mode in ("L", "I;16") else "RGB"
        image.convert(mode).save(target, "JPEG", quality=QUALITY, optimize=True, subsampling=0)


def row(sample: Sample, folder: Path) -> dict[str, str | int]:
    """Return the manifest row of a file that was written."""
    data = (folder / sample.file).read_bytes()
    return {
        "file": sample.file,
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": sample.licence,
        "source": f"{sample.package}, {sample.path}",
        "bytes": len(data),
    }


def credits_text() -> str:
    """Return the table of credits in Markdown."""
    lines = [
        "# Where the samples come from",
        "",
        "Author and licence are given as the source states them. All were re-encoded; pictures wider or higher",
        f"than {LONGER_SIDE_PX} pixels were reduced. `packaging/make_samples.py` makes them again.",
        "",
        "| file | shows | author | licence | source | remark |",
        "|---|---|---|---|---|---|",
    ]
    for s in (*SAMPLES, CLIP):
        source = f"{s.package}, `{s.path}`"
        lines.append(f"| {s.file} | {s.shows} | {s.author} | {s.licence} | {source} | {s.remark} |")
    links = [
        "",
        "- CC0: <https://creativecommons.org/publicdomain/zero/1.0/>",
        "- CC-BY-2.0: <https://creativecommons.org/licenses/by/2.0/>",
        "- Apache-2.0: <https://www.apache.org/licenses/LICENSE-2.0>",
        "- BSD-3-Clause: <https://opensource.org/license/bsd-3-clause>",
    ]
    return "\n".join(lines + links) + "\n"


if __name__ == "__main__":
    main()
