"""Links in lessons: what they point at, and what a ``try:`` link changes."""

from urllib.parse import unquote

SCHEMES = ("try", "lesson", "demo", "https")


def scheme(href: str) -> str:
    """Return the part before the first colon, ``""`` where there is none."""
    before, colon, _ = href.partition(":")
    return before if colon else ""


def target(href: str) -> str:
    """Return the part after the first colon."""
    return href.partition(":")[2]


def parse_try(href: str) -> dict[str, str]:
    """Read ``try:radius=9&shape=disc`` as ``{"radius": "9", "shape": "disc"}``.

    Values stay text: the demo's controls turn them into their own types (`core.params.checked`).

    Raises
    ------
    ValueError
        If it is no ``try:`` link, sets nothing, or sets a name twice.
    """
    if scheme(href) != "try":
        raise ValueError(f"{href} is not a try: link")
    params: dict[str, str] = {}
    for part in target(href).split("&"):
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ValueError(f"{href}: write try:name=value, several joined by &")
        if name in params:
            raise ValueError(f"{href} sets {name} twice")
        params[name] = unquote(value)
    return params
