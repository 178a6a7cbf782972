"""The pipeline as a program: it needs torch, torchvision and Pillow, and makes the same sheet again, to the pixel."""

from collections.abc import Sequence

from explainer.vision.augment.plan import Plan, seed_of
from explainer.vision.augment.sheet import SHORT_PX

_GAMMA = '''
class RandomGamma(v2.Transform):
    """out = in ** gamma, the logarithm of gamma drawn evenly."""

    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high

    def make_params(self, flat_inputs):
        between = torch.empty(1).uniform_(math.log(self.low), math.log(self.high)).item()
        return {"gamma": math.exp(between)}

    def transform(self, inpt, params):
        return self._call_kernel(v2.functional.adjust_gamma, inpt, gamma=params["gamma"])

'''

_FITTED = '''
def fitted(picture, height, width):
    """The middle of another picture in the same shape, at the same size."""
    scale = min(picture.shape[-2] / height, picture.shape[-1] / width)
    part = [max(1, round(scale * height)), max(1, round(scale * width))]
    return v2.functional.resize(v2.functional.center_crop(picture, part), [height, width], antialias=True)

'''

_MIX = """    # A batch of two: the sample and its partner; the label is {share} of the one and the rest of the other.
    batch = v2.functional.to_dtype(torch.stack([sample, partner]).as_subclass(torch.Tensor), torch.float32, scale=True)
    shares = torch.eye(2)
    for mix in mixes:
        batch, shares = mix(batch, shares)
    sample = (255 * batch[0]).round().to(torch.uint8)
"""


def program(
    plan: Plan,
    seed: int,
    count: int,
    name: str,
    cut: tuple[int, int] | None,
    partners: Sequence[str],
    torchvision: str,
    remarks: Sequence[str] = (),
) -> str:
    """Write the program.

    Parameters
    ----------
    name, partners
        File names of the picture and of those it is mixed with; the program looks for them beside it.
    cut
        Height and width of the middle that is taken of a very long picture.
    remarks
        What was changed when the pictures were read, which the program does not do.
    torchvision
        Version that made the sheet, for the remark at the top.
    """
    lines = [
        f'"""{count} augmented samples of one picture (torchvision {torchvision})."""',
        "",
        *(["import math", ""] if _uses_gamma(plan) else []),
        "import torch",
        "from PIL import Image, ImageFile, ImageOps",
        "from torchvision import tv_tensors",
        "from torchvision.transforms import v2",
        "",
        "ImageFile.LOAD_TRUNCATED_IMAGES = True  # a file that ends early is read as far as it goes",
        *(f"# {remark} Pixels may differ there." for remark in remarks),
        f"PICTURE = {name!r}",
        *([f"PARTNERS = {list(partners)!r}"] if plan.mixes else []),
        "",
        *([_GAMMA] if _uses_gamma(plan) else []),
        "",
        "def opened(path):",
        '    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")',
        "    return v2.functional.to_image(picture)",
        "",
        *([_FITTED] if plan.mixes else []),
        "",
        *_pipeline(plan),
        "",
        *_loop(plan, seed, count, cut),
    ]
    return "\n".join(lines) + "\n"


def _uses_gamma(plan: Plan) -> bool:
    return any(one.step.kind == "gamma" for one in plan.placed)


def _pipeline(plan: Plan) -> list[str]:
    first = f"v2.Resize({SHORT_PX}, antialias=True)"
    if plan.mixes:  # a partner is fitted to the resized picture, so that line comes before the loop
        rows = [f"resize = {first}", "pipeline = v2.Compose([", "    v2.Identity(),"]
    else:
        rows = ["pipeline = v2.Compose([", f"    {first},"]
    rows += [f"    {one.call.code()}," for one in plan.placed]
    rows.append("])")
    if plan.mixes:
        rows.append(f"mixes = [{', '.join(one.call.code() for one in plan.mixes)}]")
    return rows


def _loop(plan: Plan, seed: int, count: int, cut: tuple[int, int] | None) -> list[str]:
    rows = ["picture = opened(PICTURE)"]
    if cut is not None:
        rows.append(f"picture = v2.functional.center_crop(picture, {list(cut)})  # the middle of a very long picture")
    if plan.mixes:
        rows += [
            "picture = resize(picture)",
            "partners = [fitted(opened(path), *picture.shape[-2:]) for path in PARTNERS] or [picture]",
        ]
    rows += [
        "samples = []",
        f"for number in range({count}):",
        f"    torch.manual_seed({seed_of(seed, 0)} + number)",
        "    sample = pipeline(picture)",
    ]
    if plan.mixes:
        rows += ["    partner = pipeline(partners[number % len(partners)])", _MIX.format(share="shares[0, 0]").rstrip()]
    rows += [
        "    samples.append(sample)",
        "",
        'if __name__ == "__main__":',
        "    for number, sample in enumerate(samples):",
    ]
    rows.append(
        '        v2.functional.to_pil_image(sample.as_subclass(torch.Tensor)).save(f"sample-{number + 1:02d}.png")'
    )
    return rows


def version() -> str:
    """Return torchvision's version without the build."""
    import torchvision

    return str(torchvision.__version__).split("+")[0]
