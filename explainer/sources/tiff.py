"""TIFF files: their tags decide whether Pillow reads them rightly, tifffile does, or nobody.

Pillow reads what is drawn with 8 bits and interleaved, compressed in every way libtiff knows. It misreads, without
a word, samples in planes, 16 bits where 0 is white, 12 bits, signed and mixed depths; those go through tifffile,
sample for sample, and are mapped here. What neither understands is refused by its name.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from explainer.core.words import thousands
from explainer.sources.aspect import of_densities
from explainer.sources.raster import COLOURS, Model, Raster

_MODELS = {0: "grey", 1: "grey", 2: "rgb", 4: "grey", 5: "cmyk", 8: "lab", 9: "lab"}
_RAW_PHOTOMETRIC = (32803, 34892)
_RAW_TAGS = (50706, 50709)  # DNGVersion, LocalizedCameraModel
_SAID = {10: "ITU Lab", 32844: "LogL", 32845: "LogLuv", 51177: "depth map"}
_PACKED = {
    1: "none", 2: "CCITT", 3: "fax 3", 4: "fax 4", 5: "LZW", 6: "old JPEG", 7: "JPEG", 8: "deflate", 32773: "PackBits",
    32946: "deflate", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 34887: "LERC", 33003: "JPEG 2000",
    33005: "JPEG 2000", 34712: "JPEG 2000", 32809: "ThunderScan", 34676: "SGI log", 34677: "SGI log 24", 32766: "NeXT",
    34892: "lossy DNG", 50002: "JPEG XL", 52546: "JPEG XL", 34713: "Nikon raw", 22610: "JPEG XR", 34934: "JPEG XR",
}  # fmt: skip
# Codecs of tifffile that are well kept and bounded by the size that the tags declare.
_BY_TIFFFILE = frozenset((1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000, 34887, 33003, 33005, 34712))
_BY_LIBTIFF = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000))
_MOST_BYTES = 2 << 30
_NODATA = 42113  # GDAL_NODATA, a number in letters
_MOST_PACKED = 1200  # times that compression makes blank pixels smaller; more is a lie, or a bomb
_FREE_BYTES = 64 << 20  # so much may be claimed by however small a file

logging.getLogger("tifffile").addHandler(logging.NullHandler())
logging.getLogger("tifffile").propagate = False  # its remarks on tags are for developers


@dataclass(frozen=True, slots=True)
class Tiff:
    """What the tags of the page that is to be shown say.

    Parameters
    ----------
    page, pages
        Its number and how many there are.
    width, height, depth
        Pixels; `depth` is more than 1 for a volume.
    photometric, planar, samples, bits, kinds, extra, packed
        PhotometricInterpretation, whether samples lie in planes, SamplesPerPixel, BitsPerSample of each,
        SampleFormat (1 unsigned, 2 signed, 3 float, 5 and 6 complex), ExtraSamples, Compression.
    inks
        InkSet of a separated picture: 1 for cyan, magenta, yellow and black.
    subsampled
        Whether colour is stored at a lower resolution than brightness.
    raw
        Whether any picture in the file is a camera's raw one.
    aspect, orientation
        Width of a pixel over its height, and EXIF's number.
    """

    page: int
    pages: int
    width: int
    height: int
    depth: int
    photometric: int
    planar: bool
    samples: int
    bits: tuple[int, ...]
    kinds: tuple[int, ...]
    extra: tuple[int, ...]
    packed: int
    subsampled: bool
    inks: int
    raw: bool
    aspect: float
    orientation: int

    @property
    def reader(self) -> Literal["pillow", "tifffile"]:
        """Say who reads these pixels rightly: libtiff has the JPEGs, the faxes, and converts YCbCr."""
        fax_or_jpeg = self.packed in (2, 3, 4, 6, 7)
        return "pillow" if self.plain and (fax_or_jpeg or self.photometric == 6) else "tifffile"

    @property
    def plain(self) -> bool:
        """Whether Pillow reads these pixels rightly too: interleaved, 1 or 8 bits, as many samples as colours."""
        shallow = set(self.bits) in ({1}, {8}) and set(self.kinds) <= {1}
        chunky = not self.planar or self.samples == 1
        known = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
        # Pillow unpacks YCbCr that is not compressed by itself, as if it were not subsampled.
        loose = self.photometric == 6 and self.packed in (1, 32773) and self.subsampled
        return shallow and chunky and self.samples == known.get(self.photometric) and not loose

    @property
    def not_read(self) -> str:
        """Name what is not understood ("a TIFF of complex numbers"); "" where all is."""
        if self.depth > 1:
            return f"a TIFF volume, {self.depth} slices deep"
        if self.packed not in _PACKED:
            return f"a TIFF with compression {self.packed}"
        if self.packed not in (_BY_LIBTIFF if self.reader == "pillow" else _BY_TIFFFILE):
            return f"a TIFF with {_PACKED[self.packed]} compression" + self._of_what
        if set(self.kinds) & {5, 6}:
            return "a TIFF of complex numbers"
        if len(set(self.bits)) > 1 or len(set(self.kinds)) > 1:
            return f"a TIFF whose channels differ in depth ({', '.join(map(str, self.bits[:6]))} bits)"
        return self._colours_not_read

    @property
    def _of_what(self) -> str:
        return f" of {self.bits[0]} bits a channel{' in planes' if self.planar and self.samples > 1 else ''}"

    @property
    def _colours_not_read(self) -> str:
        if self.photometric == 6:
            return "" if self.reader == "pillow" else f"a TIFF in YCbCr{self._of_what}"
        if self.photometric not in (*_MODELS, 3):
            return f"a TIFF in {_SAID.get(self.photometric, f'colour kind {self.photometric}')}"
        if self.photometric == 5 and self.inks != 1:
            return "a TIFF in inks of its own"
        if self.photometric in (8, 9) and self.bits[0] not in (8, 16):
            return f"a TIFF in Lab with {self.bits[0]} bits a channel"
        need = COLOURS[_MODELS.get(self.photometric, "grey")]  # type: ignore[index]
        return f"a TIFF that lacks a channel of {need}" if self.samples < need else ""


def read_tags(file: IO[bytes]) -> Tiff:
    """Read the tags; raises whatever tifffile raises on a file that is broken."""
    import tifffile

    file.seek(0)
    with tifffile.TiffFile(file) as tif:
        pages = tif.pages
        number = _full_page(pages)
        page: Any = pages[number]
        count = _count(tif)
        bits = _each(page.bitspersample, int(page.samplesperpixel))
        return Tiff(
            number, count, int(page.imagewidth), int(page.imagelength), int(page.imagedepth), int(page.photometric),
            int(page.planarconfig) == 2, int(page.samplesperpixel), bits, _each(page.sampleformat, len(bits)),
            tuple(int(e) for e in page.extrasamples), int(page.compression), _subsampled(page),
            int(_tag(page, 332, 1) or 1), _is_raw(pages), of_densities(_density(page, 282), _density(page, 283)),
            int(_tag(page, 274, 1) or 1),
        )  # fmt: skip


def read_samples(file: IO[bytes], tiff: Tiff, factor: int = 1) -> Raster:
    """Read the page's samples, every `factor`-th, and say what they mean.

    Raises
    ------
    MemoryError
        When they take more than 2 GB.
    OverflowError
        When the file is far too short for what it claims, and whatever tifffile raises.
    """
    import tifffile

    claimed = tiff.width * tiff.height * tiff.samples * max(8, *tiff.bits) // 8
    if claimed > _MOST_BYTES:
        raise MemoryError(f"{tiff.width} × {tiff.height} × {tiff.samples} samples")
    file.seek(0)
    with tifffile.TiffFile(file) as tif:
        page: Any = tif.pages[tiff.page]
        if claimed > _FREE_BYTES + _MOST_PACKED * min(sum(page.databytecounts), file.seek(0, 2)):
            raise OverflowError(f"{claimed} bytes are claimed of a file that cannot hold them")
        short = max(map(sum, zip(page.dataoffsets, page.databytecounts, strict=False)), default=0) > file.seek(0, 2)
        values = _as_far_as_it_goes(page, file) if short else page.asarray(maxworkers=1)
        colours, profile, nodata = getattr(page, "colormap", None), _tag(page, 34675, b""), _tag(page, _NODATA, "")
    values = values.reshape(_stored(tiff))
    values, notes = _without_nodata(values, nodata) if tiff.photometric != 3 else (values, ())
    notes = (("The file ends early; the missing part is blank.",) if short else ()) + notes
    values = np.moveaxis(values, 0, -1) if tiff.planar and tiff.samples > 1 else values
    values = values[::factor, ::factor]
    raster = _palette(values, colours) if tiff.photometric == 3 else _meant(values, tiff)
    profile = bytes(profile) if raster.model != "lab" else b""
    notes = (*raster.notes, *notes)
    return replace(raster, profile=profile, aspect=tiff.aspect, orientation=tiff.orientation, notes=notes)


def _as_far_as_it_goes(page: Any, file: IO[bytes]) -> NDArray[Any]:
    """Decode strip by strip, tile by tile, those of a file that was cut short; the rest stays 0.

    Raises
    ------
    ValueError
        When not one can be decoded.
    """
    values, found = np.zeros(page.shaped, page.dtype), False
    for index, (begin, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=False)):
        file.seek(begin)
        data = file.read(count)
        if page.compression == 1:
            data += bytes(count - len(data))
        try:
            segment, (plane, z, y, x, _), (deep, high, wide, _) = page.decode(data, index, jpegtables=page.jpegtables)
        except Exception:  # noqa: BLE001, S112 - this one is torn
            continue
        if segment is not None:
            place = values[plane, z : z + deep, y : y + high, x : x + wide]
            place[:] = segment[: place.shape[0], : place.shape[1], : place.shape[2]]
            found = True
    if not found:
        raise ValueError("not one strip or tile of the file is whole")
    return values


def _without_nodata(values: NDArray[Any], said: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Take out the value that stands for "nothing was measured here" (GDAL's tag): it would make up the range."""
    try:
        nodata = float(said)
    except (TypeError, ValueError):
        return values, ()
    missing = np.isclose(values, nodata, rtol=1e-6, atol=0) if values.dtype.kind == "f" else values == nodata
    if not np.isfinite(nodata) or not missing.any() or missing.all():
        return values, ()
    note = (f"Places without data ({nodata:.6g}) are drawn black.",)
    kept = values[~missing & np.isfinite(values)]
    low, high = (kept.min(), kept.max()) if kept.size else (0, 0)
    # 0 is black where samples are scaled by the whole range of their type, the lowest where from their own.
    whole = low >= 0 and high <= (1 if values.dtype.kind == "f" else 65535)
    return np.where(missing, values.dtype.type(0 if whole else low), values), note


def _stored(tiff: Tiff) -> tuple[int, int, int]:
    if tiff.planar and tiff.samples > 1:
        return (tiff.samples, tiff.height, tiff.width)
    return (tiff.height, tiff.width, tiff.samples)


# What samples mean ---------------------------------------------------------------------------------------


def _meant(values: NDArray[Any], tiff: Tiff) -> Raster:
    model: Model = _MODELS[tiff.photometric]  # type: ignore[assignment]
    if model == "grey" and _bands(tiff) >= 3:
        return _three_bands(values, tiff)
    need = COLOURS[model]
    alpha = _alpha(tiff, need)
    kept = values[..., : need + bool(alpha)]
    bits = tiff.bits[0] if tiff.kinds[0] in (1, 4) else 0
    rest = tiff.samples - kept.shape[2]
    note = f"{rest} further {'channel was' if rest == 1 else 'channels were'} left out." if rest else ""
    if model == "lab":
        kept = _lab(kept[..., :3], tiff)
        return Raster(kept, "lab", notes=(note,) if note else ())
    raster = Raster(kept, model, alpha, bits, inverted=tiff.photometric == 0 and model == "grey")
    return raster.noted(note)


def _bands(tiff: Tiff) -> int:
    """Count the channels of a grey picture that are not opacity: satellites and microscopes call them all grey."""
    return tiff.samples - sum(kind in (1, 2) for kind in tiff.extra)


def _three_bands(values: NDArray[Any], tiff: Tiff) -> Raster:
    said = f"Bands 1, 2 and 3 of {thousands(_bands(tiff))} are shown as red, green and blue."
    bits = tiff.bits[0] if tiff.kinds[0] in (1, 4) else 0
    return Raster(values[..., :3], "rgb", "", bits, inverted=tiff.photometric == 0, notes=(said,))


def _alpha(tiff: Tiff, need: int) -> Literal["", "straight", "multiplied"]:
    """Say what the first channel beyond the colours is; a fourth one that nothing is said of is opacity."""
    if tiff.samples <= need:
        return ""
    if not tiff.extra:
        return "straight" if tiff.photometric == 2 and tiff.samples == 4 else ""
    return {1: "multiplied", 2: "straight"}.get(tiff.extra[0], "")  # type: ignore[return-value]


def _lab(values: NDArray[Any], tiff: Tiff) -> NDArray[np.float32]:
    """Codes of CIE Lab (8) or ICC Lab (9), 8 or 16 bits, to L in 0…100 and a, b (TIFF 6, section 23)."""
    full, signed = (255, np.int8) if tiff.bits[0] == 8 else (65535, np.int16)
    unsigned = np.uint8 if full == 255 else np.uint16
    codes = values.astype(unsigned, copy=False)
    light = codes[..., :1].astype(np.float32) * (100 / full)
    scale = 1 if full == 255 else 256
    if tiff.photometric == 9:
        ab = codes[..., 1:].astype(np.float32) / scale - 128
    else:
        ab = codes[..., 1:].view(signed).astype(np.float32) / scale
    return np.concatenate([light, ab], 2)


def _palette(values: NDArray[Any], colours: NDArray[Any] | None) -> Raster:
    if colours is None:
        return Raster(values[..., :1], "grey").noted("The palette is missing; its numbers are shown as grey.")
    table = np.asarray(colours, np.uint16)
    table = (table >> 8 if table.max() > 255 else table).astype(np.uint8)  # as libtiff does; some write 8 bits
    chosen = np.take(table.T, values[..., 0], axis=0, mode="clip")
    return Raster(chosen, "rgb", notes=("The colour palette was expanded to RGB.",))


# Tags ----------------------------------------------------------------------------------------------------


def _full_page(pages: Any) -> int:
    """Return the first page that is not marked as a reduced copy of another."""
    for number in range(min(len(pages), 8)):
        if not int(_tag(pages[number], 254, 0) or 0) & 1:
            return number
    return 0


def _count(tif: Any) -> int:
    full = [p for p in range(min(len(tif.pages), 2000)) if not int(_tag(tif.pages[p], 254, 0) or 0) & 1]
    claimed = (tif.imagej_metadata or {}).get("images", 1) if tif.is_imagej else 1
    return max(len(full), int(claimed), 1)


def _is_raw(pages: Any) -> bool:
    for number in range(min(len(pages), 4)):
        page = pages[number]
        within = [page, *(_subpages(page))]
        if any(int(p.photometric) in _RAW_PHOTOMETRIC or any(t in p.tags for t in _RAW_TAGS) for p in within):
            return True
    return False


def _subpages(page: Any) -> Sequence[Any]:
    try:
        return list(page.pages or ())[:8] if page.subifds else ()
    except Exception:  # noqa: BLE001 - a broken pointer to a preview is no reason to refuse the picture
        return ()


def _tag(page: Any, number: int, default: Any) -> Any:
    try:
        return page.tags.valueof(number, default)
    except Exception:  # noqa: BLE001 - a broken tag counts as missing
        return default


def _density(page: Any, number: int) -> float:
    value = _tag(page, number, (1, 1))
    top, bottom = value if isinstance(value, tuple) and len(value) == 2 else (value, 1)
    return float(top) / float(bottom) if bottom else 0.0


def _each(value: Any, count: int) -> tuple[int, ...]:
    many = tuple(int(v) for v in value) if isinstance(value, tuple | list) else (int(value or 1),)
    return many if len(many) > 1 else many * max(1, count)


def _subsampled(page: Any) -> bool:
    return int(page.photometric) == 6 and tuple(_tag(page, 530, (2, 2))) != (1, 1)
