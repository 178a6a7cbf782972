"""Interlaced films, which OpenCV gives as whatever lay in memory, are refused by name."""

import base64
from pathlib import Path

import numpy as np
import pytest

from explainer.core.problem import Problem
from explainer.sources.films import open_video
from explainer.sources.woven import may_be_woven, never_written

# 32 × 32 pixels, coded by FFmpeg with "-flags +ilme+ildct"; the last is neither interlaced nor does it move.
_CODED = {
    "mpeg2.m2v": (
        "AAABswIAIBP//+AYAAABtRSCAAEAAAAAAbgACABAAAABAAAP//gAAAG1j//zgAAAAAEBo3zgIyN+RSJepSTCEnOxrHpPHMfcxICTnbDc"
        "45zrudyWNdRw0WzOFh15JCDAMZXE/Kdr2UF8Yo1nxPe3z4ILRzTDQN3oQ0MDFPifyJUIWBn8J32z4D7Zu1rLUBj4I23yzHynvexMRks2"
        "ChTsJMOuXJ+TkmjwvANYAAABAqN8vQSAFto9nQSAFto95Rt2kwEMAXBxG1uD7qe5fup76nXFgHOgAAABAABX//uAAAABtYEf84AAAAAB"
        "AaKMBhABgD0DcADojh0AeAaiKBALDw6Bg//ECA+oDAHy8RoHgAGAOjADeAWA0AAwAPzxDLgAAAECom6WAD2AAAABAACX//uAAAABtYEf"
        "84AAAAABAaJusByABgAAAQKibmwAAAEAANf/+4AAAAG1gR/zgAAAAAEBom5sAAABAqJubA=="
    ),
    "avc.h264": (
        "AAAAAWdkABWs2UrYCIAAAAMAgAAAGQ+KFMsAAAABaPug5LIsAAABZYiCAgZ/D3hmho2NyiUrJ3pnHr5Bz5+wpxKQe3oRK7KdmoULyQLH"
        "TUqPIckHm/mWRcCo4ihWahZuad2DZ505psGjFS5SJnacUy9BlrjgjXv5Vj+TmX/bhPrWA/l/dw0+N+McwyH+EVy/h1Mc73HIFZF3hkdR"
        "BUOhmfQ1AAAAAUGaIZZCn8eAAAAAAUGeQJeIS//jgQAAAAEBnmEWpCn/5YA="
    ),
    "mpeg4.m4v": (
        "AAABsAEAAAG1iRMAAAEAAAABIADEjYgAzQEEBBxDAAABskxhdmM1OS4zNy4xMDAAAAGzABAHAAABthBio2FRVMl0oQhk45rSazvEPEf+"
        "9NcRn19BkGopC2KTSlaC8TUuWlvVkRag6oUdKOiYUYaHEWq6GxbvFhiMxMO58PA1Udgv7SgoE7YXlX8FyGLwXuM/aYWUwX6Ey+AwFdG+"
        "WZOwCqjObwFgsTf4MIlG0ksXETuczoOOj8azvAwgcd4UoEQSFKSuaIpsZ2dKOLkbAADUNhRg2Bz6e8GwOe3ipCewDIoMgyc2LPWe3t4a"
        "OIgdwHPfAAABtlDxUO8AANRvAAABtlFhUO8AANRvAAABtlHxUO8AANRv"
    ),
    "still.h264": (
        "AAAAAWdkAAqs2UlsBEAAAAMAQAAADIPEiWWAAAAAAWjr4OSyLAAAAWWIhAAz//5vXzK2R9CMGnqY+7OC0QvWBwAAAAFBmiRsQr9VQAAA"
        "AAFBnkJ4hf+vgQAAAAEBnmF0Qr+wgAAAAAEBnmNqQr+wgQ=="
    ),
}


def _written(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(base64.b64decode(_CODED[name]))
    return path


@pytest.mark.parametrize("name", ["mpeg2.m2v", "avc.h264", "mpeg4.m4v"])
def test_an_interlaced_film_is_refused_by_name(tmp_path: Path, name: str) -> None:
    problem = open_video(_written(tmp_path, name))
    assert isinstance(problem, Problem)
    assert "interlaced" in problem.what


def test_a_film_in_which_nothing_moves_is_read(tmp_path: Path) -> None:
    film = open_video(_written(tmp_path, "still.h264"))
    assert not isinstance(film, Problem)
    assert film.count == 5
    film.close()


def test_what_ends_early_or_is_nothing_known_is_not_called_interlaced() -> None:
    whole = base64.b64decode(_CODED["avc.h264"])
    assert may_be_woven(b"h264", whole)
    assert not may_be_woven(b"h264", whole[:8])
    assert not may_be_woven(b"mp4v", b"\0\0\x01\x20")
    assert not may_be_woven(b"", b"")


def test_headers_of_production_codecs_say_whether_they_are_interlaced() -> None:
    prores = b"\0\0\1\0icpf" + bytes(12)
    assert may_be_woven(b"apcn", prores + b"\x84")
    assert not may_be_woven(b"apcn", prores + b"\x80")
    assert may_be_woven(b"AVdn", b"\0\0\x02\x80\x01\x02")
    assert not may_be_woven(b"AVdn", b"\0\0\x02\x80\x01\x01")
    assert may_be_woven(b"dvsd", b"")


def test_a_film_that_begins_in_black_is_not_called_interlaced() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    asked = iter([black, None, black + 1, black])
    assert not never_written(black, asked)
    assert len(list(asked)) == 1  # no more was decoded than needed
    assert never_written(black, [black, None])
