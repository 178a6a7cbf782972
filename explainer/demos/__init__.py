"""One file per demo: a ``Params`` dataclass and ``run``."""
