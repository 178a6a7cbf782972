"""Cameras that are pulled, come back, and give what no camera should; the driver is made up, and nobody waits."""

import numpy as np
from judging import either
from test_sources_camera import END, Driver

from explainer.core.frame import Frame
from explainer.sources.camera import CameraSource

SHAPES = (
    (3, 4, 3),
    (3, 4),
    (3, 4, 1),
    (3, 4, 4),
    (3, 4, 2),
    (0, 0, 3),
    (0,),
    (1, 1, 3),
    (1, 4000, 3),
    (3, 4, 3, 1),
    (),
)


def case(draw, _folder):
    """A few plugs and pulls; at the end the source is closed and its thread is gone."""
    driver = Driver(connected=draw.random() < 0.8, present=draw.random() < 0.5)
    source = CameraSource(
        0, "Desk", open_capture=driver, present=lambda index: driver.present, retry_s=0.0005, patience_s=0.02
    )
    try:
        last_s = -1.0
        for _ in range(draw.randrange(1, 12)):
            _happens(draw, driver)
            got = either(source.read())
            if isinstance(got, Frame):
                assert got.time_s >= last_s
                last_s = got.time_s
        either(source.at(draw.randrange(5)))
    finally:
        driver.connected = True  # or nobody takes what ends the fake
        for _ in range(6):
            driver.pictures.put(END)
        source.close()
    assert not source._thread.is_alive()
    assert source.read() is None


def _happens(draw, driver):
    way = draw.randrange(6)
    if way < 2:
        driver.pictures.put(_odd(draw))
    elif way == 2:
        driver.show(draw.randrange(256), draw.randrange(256))
    elif way == 3:
        driver.fail(draw.choice((1, 3, 4)))
    elif way == 4:
        driver.pictures.put(
            draw.choice((RuntimeError("driver"), OSError(19, "gone"), MemoryError(), ValueError("\udc80")))
        )
    else:
        driver.connected, driver.present = draw.random() < 0.6, draw.random() < 0.5
        driver.fail(4)


def _odd(draw):
    shape = draw.choice(SHAPES)
    kind = draw.choice((np.uint8, np.uint16, np.float32, np.int8, bool, np.complex64, np.float64))
    return np.zeros(shape, kind)
