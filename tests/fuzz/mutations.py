"""Ways to spoil bytes, and texts and values that nobody expects."""

import struct

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
ODD_TEXT = (
    "", " ", "\n", "\t", "\0", "..", "/", "\\", "%s", "%n", "{}", "{0}", "{x!r:>99}", "$HOME", "~", "~nobody",
    "<img src=x>",
    "<b>bold</b>", "&amp;", "&", "\u202egnp.exe", "\u2066x\u2069", "\u200b", "e\u0301", "ﬁ", "İ", "ß", "一二三", "🙂",
    "👨‍👩‍👧",
    "\ud800", "\udcff", "\ufeff", "\x1b[31m", "nan", "inf", "-inf", "1e999", "-0", "1,5", "1.5", "1_000", "١٢", "0x10",
    "true", "None", "null", "[]", "{}", "[[", "'", '"', "`", "a" * 300, "[" * 5000, "https://a.example/x.png",
    "file:///",
    "camera:0", "camera:999999", "synthetic:square", "sample:", "con.png", "data:image/png;base64,AAAA", "C:\\x.png",
)  # fmt: skip


def spoiled(draw, data, others=()):
    """`data` changed in one to four ways, which may be none of its own bytes any more."""
    data = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        draw.choice(WAYS)(draw, data, others)
    return bytes(data)


def flip(draw, data, _others):
    for _ in range(draw.choice((1, 2, 8, 40))):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)


def cut(draw, data, _others):
    del data[draw.randrange(len(data) + 1) :]


def leave_out(draw, data, _others):
    begin = draw.randrange(len(data) + 1)
    del data[begin : begin + draw.choice((1, 4, 64, 1000))]


def lie(draw, data, _others):
    """A number of two, four or eight bytes somewhere, more often near the beginning, where headers are."""
    form = draw.choice("HIQ")
    size = struct.calcsize(form)
    if len(data) > size:
        at = draw.randrange(min(len(data) - size, draw.choice((64, 512, 2**31))))
        value = draw.choice((*NUMBERS, draw.getrandbits(8 * size))) & (2 ** (8 * size) - 1)
        data[at : at + size] = struct.pack(draw.choice("<>") + form, value)


def noise(draw, data, _others):
    begin = draw.randrange(len(data) + 1)
    end = min(len(data), begin + draw.choice((8, 64, 4096)))
    data[begin:end] = draw.randbytes(end - begin)


def zeros(draw, data, _others):
    begin = draw.randrange(len(data) + 1)
    end = min(len(data), begin + draw.choice((8, 512, 4096)))
    data[begin:end] = bytes(end - begin)


def repeat(draw, data, _others):
    begin = draw.randrange(len(data) + 1)
    part = data[begin : begin + draw.choice((4, 100, 3000))]
    data[begin:begin] = part * draw.choice((1, 2, 20))


def splice(draw, data, others):
    if others:
        other = draw.choice(others)
        data[draw.randrange(len(data) + 1) :] = other[draw.randrange(len(other) + 1) :]


def behind(draw, data, others):
    data += draw.choice(others) if others else draw.randbytes(100)


def swap(draw, data, _others):
    """Two parts of one length change places, as when tags are out of order."""
    length = draw.choice((2, 4, 12, 100))
    if len(data) > 2 * length:
        a, b = sorted(draw.sample(range(len(data) - length), 2))
        data[a : a + length], data[b : b + length] = data[b : b + length], data[a : a + length]


WAYS = (flip, flip, cut, leave_out, lie, lie, lie, noise, zeros, repeat, splice, behind, swap)


# Values -------------------------------------------------------------------------------------------------


def text(draw):
    """A text that is odd in some way."""
    kind = draw.randrange(5)
    if kind == 0:
        return "".join(chr(draw.randrange(1, 0x110000)) for _ in range(draw.randrange(12)))
    if kind == 1:
        return "".join(draw.choice(ODD_TEXT) for _ in range(2))
    if kind == 2:
        return str(number(draw))
    return draw.choice(ODD_TEXT)


def number(draw):
    """A number, of a size that means nothing more often than not."""
    return draw.choice((
        0, 1, -1, 2, 0.5, -0.5, 1e-320, 1e308, -1e308, float("nan"), float("inf"), float("-inf"), 2**31, 2**63,
        -(2**64),
        10**400, draw.random(), draw.uniform(-100, 100), draw.randrange(-20, 300),
    ))  # fmt: skip


def value(draw, depth=3):
    """Anything that JSON can hold, and a few things that it cannot."""
    kind = draw.randrange(10 if depth else 6)
    if kind < 2:
        return number(draw)
    if kind < 4:
        return text(draw)
    if kind == 4:
        return draw.choice((None, True, False))
    if kind == 5:
        return draw.choice(([], {}, "", 0))
    if kind < 8:
        return [value(draw, depth - 1) for _ in range(draw.randrange(5))]
    if kind == 8:
        return {text(draw): value(draw, depth - 1) for _ in range(draw.randrange(4))}
    return nested(draw)


def nested(draw):
    """A list or an object, thousands deep."""
    made = 1
    for _ in range(draw.choice((20, 200, 5000))):
        made = [made] if draw.random() < 0.5 else {"a": made}
    return made


def altered(draw, data):
    """A copy of a JSON value in which one or two parts are something else."""
    data = _copy(data)
    for _ in range(draw.choice((1, 1, 2, 5))):
        data = _replaced(draw, data)
    return data


def _copy(data):
    if isinstance(data, dict):
        return {key: _copy(one) for key, one in data.items()}
    return [_copy(one) for one in data] if isinstance(data, list | tuple) else data


def _replaced(draw, data):
    keys = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    if not keys or draw.random() < 0.15:
        return value(draw)
    key = draw.choice(keys)
    if isinstance(data, dict) and draw.random() < 0.1:
        del data[key]
    else:
        data[key] = _replaced(draw, data[key])
    return data
