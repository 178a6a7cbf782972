"""Cameras by a fake driver: it is opened, lost and found as the test says. No test waits by the clock."""

import queue
import sys
import threading
import types

import numpy as np
import pytest

from explainer.core.frame import Frame
from explainer.core.problem import Problem
from explainer.sources import camera
from explainer.sources.camera import CameraName, CameraSource, list_cameras

LONG = 20.0
FAILURE, END = object(), object()


class Driver:
    """Opens captures that give what is put into `pictures`: arrays, FAILURE, or an error to raise."""

    def __init__(self, connected=True, present=None):
        self.connected = connected
        self.present = connected if present is None else present
        self.pictures = queue.Queue()
        self.attempts = threading.Semaphore(0)
        self.opened = self.released = 0

    def __call__(self, index):
        self.opened += 1
        self.attempts.release()
        return Fake(self)

    def show(self, *greys):
        for grey in greys:
            self.pictures.put(np.full((3, 4, 3), grey, np.uint8))

    def fail(self, times=3):
        for _ in range(times):
            self.pictures.put(FAILURE)

    def settle(self):
        """Wait until all that was put has been taken and dealt with."""
        self.pictures.join()


class Fake:
    def __init__(self, driver):
        self._driver, self._item = driver, None

    def isOpened(self):
        return self._driver.connected

    def grab(self):
        self._done()
        self._item = self._driver.pictures.get()
        if isinstance(self._item, Exception):
            raise self._item
        return isinstance(self._item, np.ndarray)

    def retrieve(self):
        return True, self._item

    def release(self):
        self._done()
        self._driver.released += 1

    def _done(self):
        if self._item is not None:
            self._item = None
            self._driver.pictures.task_done()


@pytest.fixture
def opened():
    made = []

    def make(driver, **options):
        options = {"retry_s": 0.001, "patience_s": LONG, "present": lambda index: driver.present} | options
        source = CameraSource(0, "Desk", open_capture=driver, **options)
        made.append((source, driver))
        return source

    yield make
    for source, driver in made:
        for _ in range(4):
            driver.pictures.put(END)
        source.close()
        assert not source._thread.is_alive()


def until(source, kind, tries=2000):
    for _ in range(tries):
        got = source.read()
        if isinstance(got, kind):
            return got
    raise AssertionError(f"no {kind.__name__} came, last was {got}")


def grey(frame):
    assert isinstance(frame, Frame), frame
    return int(frame.pixels[0, 0, 0])


def test_only_the_newest_picture_is_given(opened):
    driver = Driver()
    source = opened(driver)
    driver.show(1, 2, 3, 4, 5)
    driver.settle()
    first = source.read()
    assert grey(first) == 5
    assert (first.index, first.time_s, first.name, first.source_id) == (0, 0.0, "Desk", source.id)
    driver.show(6)
    second = source.read()
    assert (grey(second), second.index) == (6, 1)
    assert second.time_s >= 0


def test_a_live_source_has_no_count_and_cannot_go_back(opened):
    source = opened(Driver())
    assert (source.kind, source.count) == ("camera", None)
    assert isinstance(source.at(0), Problem)


def test_pictures_come_out_as_rgb(opened):
    driver = Driver()
    source = opened(driver)
    driver.pictures.put(np.full((2, 2, 3), (255, 128, 0), np.uint8))
    assert source.read().pixels[0, 0].tolist() == [0, 128, 255]
    driver.pictures.put(np.full((2, 2), 9, np.uint8))
    assert source.read().pixels.shape == (2, 2, 3)


def test_missing_camera_says_so_and_comes_by_itself(opened):
    driver = Driver(connected=False)
    source = opened(driver)
    for _ in range(3):
        assert "not connected" in source.read().what
    driver.show(7)
    driver.connected = driver.present = True
    assert grey(until(source, Frame)) == 7


def test_busy_camera(opened):
    problem = opened(Driver(connected=False, present=True)).read()
    assert "another program" in problem.what
    assert problem.todo


def test_forbidden_camera(opened, monkeypatch):
    monkeypatch.setattr(camera, "forbidden", lambda index: True)
    assert "not allowed" in opened(Driver(connected=False, present=True)).read().what


def test_lost_cable_and_return(opened):
    driver = Driver()
    source = opened(driver)
    driver.show(1)
    assert grey(source.read()) == 1
    driver.connected = driver.present = False
    driver.fail()
    assert "stopped giving pictures" in source.read().what
    driver.connected = driver.present = True
    driver.show(2)
    back = until(source, Frame)
    assert (grey(back), back.index, back.source_id) == (2, 1, source.id)
    assert driver.released >= 1


def test_a_picture_taken_before_the_loss_is_not_shown_after_it(opened):
    driver = Driver()
    source = opened(driver)
    driver.show(1)
    assert grey(source.read()) == 1
    driver.connected = False
    driver.show(2)
    driver.fail()
    driver.settle()
    assert isinstance(source.read(), Problem)


def test_a_hiccup_now_and_then_is_no_loss(opened):
    driver = Driver()
    source = opened(driver)
    driver.show(1)
    for _ in range(3):
        driver.fail(2)
        driver.show(2)
    driver.settle()
    assert grey(source.read()) == 2
    assert driver.opened == 1


def test_what_is_no_picture_counts_as_a_failure(opened):
    driver = Driver()
    source = opened(driver)
    for bad in (np.zeros((0, 4, 3), np.uint8), np.zeros((2, 2, 7), np.uint8), np.zeros((2, 2, 3), np.float32)):
        driver.pictures.put(bad)
    assert "stopped" in source.read().what


@pytest.mark.parametrize("error", [RuntimeError("driver"), OSError("bus")])
def test_a_raising_driver_is_a_problem(opened, error):
    driver = Driver()
    source = opened(driver)
    for _ in range(3):
        driver.pictures.put(error)
    assert "stopped" in source.read().what


def test_an_opener_that_raises_is_tried_again(opened):
    driver = Driver()
    real, failed = driver.__call__, []

    def opener(index):
        if not failed:
            failed.append(index)
            raise RuntimeError("no backend")
        return real(index)

    source = CameraSource(0, open_capture=opener, present=lambda index: True, retry_s=0.001, patience_s=LONG)
    problem = source.read()
    assert "RuntimeError" in problem.details
    driver.show(3)
    assert grey(until(source, Frame)) == 3
    driver.fail(6)
    until(source, Problem)
    for _ in range(4):
        driver.pictures.put(END)
    source.close()


def test_it_is_tried_once_per_interval_however_often_one_reads(opened):
    driver = Driver(connected=False)
    source = opened(driver, retry_s=LONG)
    for _ in range(6):
        assert isinstance(source.read(), Problem)
    assert driver.opened == 1
    source.close()  # and closing does not wait for the interval
    assert not source._thread.is_alive()


def test_each_interval_brings_one_attempt(opened):
    driver = Driver(connected=False)
    opened(driver)
    for _ in range(5):
        assert driver.attempts.acquire(timeout=LONG)


def test_a_slow_driver_does_not_hold_up_reading(opened):
    release = threading.Event()
    driver = Driver()

    def slow(index):
        release.wait(LONG)
        return driver(index)

    source = CameraSource(0, "Slow", open_capture=slow, patience_s=0.01)
    assert "being opened" in source.read().what
    driver.show(1)
    release.set()
    assert grey(until(source, Frame)) == 1
    for _ in range(4):
        driver.pictures.put(END)
    source.close()


def test_a_camera_that_falls_silent(opened):
    driver = Driver()
    source = opened(driver, patience_s=0.01)
    driver.show(1)
    until(source, Frame)
    assert "no picture for 0.01 seconds" in source.read().what


def test_closing_ends_a_read_that_waits(opened):
    driver = Driver()
    source = opened(driver)
    got = []
    reader = threading.Thread(target=lambda: got.append(source.read()))
    reader.start()
    driver.pictures.put(END)
    source.close()
    reader.join(LONG)
    assert got == [None]
    source.close()
    assert source.read() is None


def test_listing_never_raises(monkeypatch):
    def broken():
        raise OSError("no udev")

    monkeypatch.setattr(camera, "_enumerated", broken)
    monkeypatch.setattr(camera, "_LINUX", False)
    assert list_cameras() == ()
    assert not camera.seems_present(0)


def test_listing_sorts_and_drops_doubles(monkeypatch):
    info = types.SimpleNamespace
    fake = types.ModuleType("cv2_enumerate_cameras")
    fake.enumerate_cameras = lambda backend: [
        info(index=2, name=" "), info(index=0, name="Desk"), info(index=0, name="Desk again")
    ]  # fmt: skip
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", fake)
    names = list_cameras()
    assert [(c.index, c.name) for c in names] == [(0, "Desk"), (2, "Camera 2")]
    assert all(isinstance(c, CameraName) and c.backend for c in names)


def test_this_machine_can_be_asked():
    assert all(isinstance(c, CameraName) for c in list_cameras())
