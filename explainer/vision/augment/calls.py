"""A call of a torchvision transform as a value: it can be made, and it can be written down.

Both come from the same record, so that what is copied as code is what was run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torchvision import tv_tensors
from torchvision.transforms import v2

from explainer.vision.augment.gamma import RandomGamma

OWN = {"RandomGamma": RandomGamma}  # not of torchvision; the copied code brings it along


@dataclass(frozen=True, slots=True)
class Fill:
    """Grey level 0…255 for what comes into a picture from outside; masks are filled with 0."""

    level: int

    def value(self) -> Any:
        """What torchvision takes."""
        return {tv_tensors.Image: self.level, "others": 0} if self.level else 0

    def __str__(self) -> str:
        return f'{{tv_tensors.Image: {self.level}, "others": 0}}' if self.level else "0"


@dataclass(frozen=True, slots=True)
class Symbol:
    """An enumeration of torchvision, by its name below ``v2``."""

    path: str

    def value(self) -> Any:
        """What torchvision takes."""
        found: Any = v2
        for part in self.path.split("."):
            found = getattr(found, part)
        return found

    def __str__(self) -> str:
        return f"v2.{self.path}"


BILINEAR = Symbol("InterpolationMode.BILINEAR")


@dataclass(frozen=True, slots=True)
class Call:
    """One transform with its options.

    Parameters
    ----------
    name
        Class of ``torchvision.transforms.v2``, or one of `OWN`.
    options
        Keyword arguments: plain values, `Fill` or `Symbol`.
    inner
        Transforms that it is given as its first argument.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    inner: tuple["Call", ...] = ()

    def make(self) -> v2.Transform:
        """Make the transform."""
        kind = OWN.get(self.name) or getattr(v2, self.name)
        options = {name: v.value() if isinstance(v, Fill | Symbol) else v for name, v in self.options.items()}
        first = ([one.make() for one in self.inner],) if self.inner else ()
        made: v2.Transform = kind(*first, **options)
        return made

    def code(self) -> str:
        """Write the call down as Python."""
        options = [f"{name}={v if isinstance(v, Fill | Symbol) else repr(v)}" for name, v in self.options.items()]
        first = [f"[{', '.join(one.code() for one in self.inner)}]"] if self.inner else []
        return f"{'' if self.name in OWN else 'v2.'}{self.name}({', '.join([*first, *options])})"
