"""What a file is by its first bytes, where it is no picture that is read here: each is called by its right name.

“Damaged” is said of damaged files only. What is whole and of another kind is named, with the way to a picture.
"""

from dataclasses import dataclass

from explainer.core.problem import Problem

_EXPORT = "Export it as PNG or JPEG and open that."
RAW_SUFFIXES = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))  # fmt: skip
"""Names of camera raw files; most of them are TIFFs inside, with a small preview in front."""
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")
_SOUND = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9", b"fLaC", b"MThd", b"#!AMR")
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\x0a", "a JPEG XL picture", _EXPORT),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture", _EXPORT),
    (b"II\xbc\x01", "a JPEG XR picture", _EXPORT),
    (b"8BPS\0\x02", "a large Photoshop file (PSB)", _EXPORT),
    (b"gimp xcf", "a GIMP file", _EXPORT),
    (b"BPG\xfb", "a BPG picture", _EXPORT),
    (b"FLIF", "a FLIF picture", _EXPORT),
    (b"v/1\x01", "an OpenEXR picture", _EXPORT),
    (b"#?RADIANCE", "a Radiance HDR picture", _EXPORT),
    (b"#?RGBE", "a Radiance HDR picture", _EXPORT),
    (b"PF\n", "a portable float map (PFM) in colour", _EXPORT),
    (b"P7\n", "a portable arbitrary map (PAM)", _EXPORT),
    (b"AT&TFORM", "a DjVu document", _EXPORT),
    (b"icns", "a Mac icon file", _EXPORT),
    (b"/* XPM", "an XPM picture", _EXPORT),
    (b"\xd7\xcd\xc6\x9a", "a Windows metafile", _EXPORT),
    (b"\x59\xa6\x6a\x95", "a Sun raster picture", _EXPORT),
    (b"\x0a\x05\x01", "a PCX picture", _EXPORT),
    (b"SDPX", "a DPX picture", _EXPORT),
    (b"XPDS", "a DPX picture", _EXPORT),
    (b"\x80\x2a\x5f\xd7", "a Cineon picture", _EXPORT),
    (b"id=ImageMagick", "a picture of ImageMagick's own (MIFF)", _EXPORT),
    (b"\x8aMNG", "an MNG animation", _EXPORT),
    (b"#define ", "an X bitmap (XBM)", _EXPORT),
    (b"%PDF", "a PDF document", "Save the page as PNG and open that."),
    (b"%!PS", "a PostScript file", "Save the page as PNG and open that."),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file", "Save the page as PNG and open that."),
    (b"SIMPLE  =", "a FITS picture", "Save it as a 16-bit TIFF and open that."),
    (b"\x89HDF\r\n", "an HDF5 file", "Save the picture in it as TIFF or PNG and open that."),
    (b"\x93NUMPY", "a NumPy array", "Save it as TIFF or PNG and open that."),
    (b"MATLAB 5.0", "a MATLAB file", "Save the picture in it as TIFF or PNG and open that."),
    (b"NRRD000", "a volume (NRRD)", "Save a slice as TIFF or PNG and open that."),
    (b"ObjectType", "a volume (MetaImage)", "Save a slice as TIFF or PNG and open that."),
    (b"ZISRAWFILE", "a Zeiss microscope file (CZI)", "Export it as TIFF and open that."),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "Run “git lfs pull” in its folder."),
    (b"\0\x05\x16\x07", "a companion file of macOS, not a picture", "Open the file of the same name without “._”."),
    (b"[InternetShortcut]", "a link to a web page, not a picture", "Open the link and save the picture."),
    (b"L\0\0\0\x01\x14\x02\0", "a shortcut, not a picture", "Open the file that it points to."),
    (b"bplist00", "a property list of macOS, not a picture", "Open the picture that it belongs to."),
    (b"\x1f\x8b", "a compressed file (gzip)", "Unpack it and open what is in it."),
    (b"PK\x03\x04", "a zipped file", "Unpack it and open a picture in it."),
    (b"Rar!", "a RAR archive", "Unpack it and open a picture in it."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and open a picture in it."),
    (b"BZh", "a compressed file (bzip2)", "Unpack it and open what is in it."),
    (b"\xfd7zXZ\0", "a compressed file (xz)", "Unpack it and open what is in it."),
    (b"\x28\xb5\x2f\xfd", "a compressed file (Zstandard)", "Unpack it and open what is in it."),
    (b"\xd0\xcf\x11\xe0", "a document of Microsoft Office", "Save the picture in it and open that."),
    (b"{\\rtf", "a text document (RTF)", "Save the picture in it and open that."),
    (b"SQLite format 3", "a database (SQLite)", "Choose a picture."),
    (b"\x7fELF", "a program, not a picture", "Choose a picture."),
    (b"MZ", "a program, not a picture", "Choose a picture."),
    *((sign, "sound, not a picture", "Choose a picture or a film.") for sign in _SOUND),
)  # fmt: skip
_PSD_MODES = {
    0: "black-and-white", 1: "grey", 2: "palette", 3: "RGB", 4: "CMYK", 7: "multichannel", 8: "duotone", 9: "Lab",
}  # fmt: skip
_PSD_READ = frozenset(((0, 1), (1, 8), (2, 8), (3, 8), (4, 8), (8, 8), (9, 8)))


@dataclass(frozen=True, slots=True)
class Foreign:
    """A kind of file that is whole, and not read here: "a PDF document", and what to do."""

    kind: str
    todo: str = _EXPORT

    def problem(self, name: str, wanted: str = "picture") -> Problem:
        """Say so of the file called `name`, where a picture or a film was `wanted`."""
        end = "." if ", not " in self.kind else ", which is not read here."
        kind = self.kind.replace(", not a picture", f", not a {wanted}")
        todo = self.todo if kind == self.kind else self.todo.replace("the picture", f"the {wanted}")
        return Problem(f"{name} is {kind}{end}", todo)


ZEROS = Foreign("filled with zeros, not a picture", "Copy it again from where it came.")
"""What a copy that broke off leaves; known only after more than the first bytes, for a PICT begins with 512 zeros."""


def foreign(start: bytes) -> Foreign | None:
    """Name what begins with `start` (400 bytes or more), if it is known and not read."""
    for signature, kind, todo in _SIGNATURES:
        if start.startswith(signature):
            return Foreign(kind, todo)
    if start[128:132] == b"DICM":
        return Foreign("a DICOM file", "Save it as a 16-bit TIFF or PNG and open that.")
    if start[344:348] in (b"n+1\0", b"ni1\0"):
        return Foreign("a volume (NIfTI)", "Save a slice as TIFF or PNG and open that.")
    if start[257:262] == b"ustar":
        return Foreign("an archive (tar)", "Unpack it and open a picture in it.")
    if start[:4] == b"8BPS":
        return _photoshop(start)
    if _is_sound(start):
        return Foreign("sound, not a picture", "Choose a picture or a film.")
    if start[:2] == b"\xff\xd8":
        return None
    return _text(start)


def is_raw_start(start: bytes) -> bool:
    """Say whether a file begins like a camera's raw file that is no ordinary TIFF."""
    inside = start[4:12] == b"ftypcrx " or start[6:14] == b"HEAPCCDR" or start[8:10] == b"CR"
    return start.startswith(_RAW_STARTS) or inside


def _photoshop(start: bytes) -> Foreign | None:
    bits, mode = int.from_bytes(start[22:24], "big"), int.from_bytes(start[24:26], "big")
    if (mode, bits) in _PSD_READ or mode not in _PSD_MODES:
        return None
    return Foreign(f"a Photoshop file in {_PSD_MODES[mode]} with {bits} bits a channel")


def _text(start: bytes) -> Foreign | None:
    plain = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in plain and plain.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype")):
        return Foreign("a vector drawing (SVG)")
    if plain.startswith((b"<!doctype html", b"<html", b"<head")):
        return Foreign("a web page, not a picture", "Open the page and save the picture in it.")
    if b"<!doctype plist" in plain or b"<plist" in plain:
        return Foreign("a link or property list of macOS, not a picture", "Open the picture that it belongs to.")
    if _is_words(start):
        return Foreign("text, not a picture", "Open it in a text editor: it may say why a download failed.")
    return None


def _is_sound(start: bytes) -> bool:
    if start[:4] == b"RIFF":
        return start[8:12] == b"WAVE"
    coded = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex ")
    return start[:4] == b"OggS" and start[28:].startswith(coded) and b"theora" not in start


def _is_words(start: bytes) -> bool:
    """Say whether this is plain text; the portable maps (P1 to P7, Pf) begin with some."""
    if len(start) < 8 or (start[:1] == b"P" and start[1:2] in b"1234567Ff"):
        return False
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # unless only the last letter was cut
            return False
        text = start[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\t\r\n\f\ufeff" for letter in text)
