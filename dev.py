"""Start Explainer or run its tests on a fresh machine. Standard library only.

    python3 dev.py run [arguments of explainer ...]
    python3 dev.py test [arguments of pytest ...]

Both make the virtual environment ``.venv`` when it is missing or out of date, and start at once when it is not.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
PYTHON = BIN / f"python{EXE}"
STAMP = VENV / "explainer-stamp"
MINIMUM = (3, 11)
# As many workers as cores compute at once; threads beyond that would wait for one another, and spin while they do.
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "OMP_WAIT_POLICY": "passive",
}
# What Qt's wheels expect of a Linux system, as Debian and Ubuntu name it.
QT_LIBRARIES = (
    "libegl1",
    "libgl1",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libdbus-1-3",
    "libfontconfig1",
    "libglib2.0-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxcb-xkb1",
)


def main(arguments: list[str]) -> int:
    """Dispatch ``run``, ``test`` and ``lock``."""
    if sys.version_info < MINIMUM:
        return say(f"Explainer needs Python {MINIMUM[0]}.{MINIMUM[1]} or newer; this is {sys.version.split()[0]}.")
    commands = {"run": run, "test": test, "lock": lock}
    if not arguments or arguments[0] not in commands:
        print(__doc__)
        return 2
    os.chdir(ROOT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without its byte code torch is compiled anew at each start: 10 s
    try:
        prepare()
        return commands[arguments[0]](arguments[1:])
    except subprocess.CalledProcessError as error:
        return say(f"This step failed: {' '.join(map(str, error.cmd))}")
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """Open the window, or run any other command of the program."""
    return subprocess.call([PYTHON, "-m", "explainer", *arguments])


def test(arguments: list[str]) -> int:
    """Linters, import contracts, ``explainer check`` and all tests; with arguments, only those tests.

    ``check`` leaves the runs to the tests: tests/contract holds every demo to more than it does.
    """
    env = {**os.environ, **ONE_THREAD, "QT_QPA_PLATFORM": os.environ.get("EXPLAINER_TEST_PLATFORM", "offscreen")}
    looked = [] if arguments else [
        [PYTHON, "-m", "mypy"],  # the longest first
        [PYTHON, "-m", "ruff", "check", "."],
        [PYTHON, "-m", "ruff", "format", "--check", "."],
        [BIN / f"lint-imports{EXE}"],
        [PYTHON, "-m", "explainer", "check", "--quick"],
    ]  # fmt: skip
    cores = os.cpu_count() or 1
    failed = beside_one_another(looked, env, cores)
    spread = arguments or ["-n", str(min(8, cores)), "--dist", "loadgroup"]
    tests = [PYTHON, "-m", "pytest", *spread]
    print(f"\n── {called(tests)}", flush=True)
    if subprocess.call(tests, env=env):
        failed.append(called(tests))
    print("\nAll passed." if not failed else f"\nFailed: {'; '.join(failed)}", flush=True)
    return 1 if failed else 0


def beside_one_another(steps: list[list], env: dict[str, str], cores: int) -> list[str]:
    """Run steps that each need one core, as many at a time as there are; print each in its turn, return what failed."""

    def ran(step: list) -> subprocess.CompletedProcess:
        return subprocess.run(step, env=env, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    failed = []
    with ThreadPoolExecutor(cores) as pool:
        for step, done in zip(steps, pool.map(ran, steps), strict=True):
            print(f"\n── {called(step)}\n{done.stdout.decode(errors='replace').strip()}", flush=True)
            if done.returncode:
                failed.append(called(step))
    return failed


def called(step: list) -> str:
    """What a step is called in the output."""
    return " ".join(str(part) for part in step[1:]) or Path(step[0]).stem


def lock(_arguments: list[str]) -> int:
    """Write the versions of the present environment to constraints.txt."""
    frozen = subprocess.run([*uv(), "pip", "freeze", "--python", PYTHON], capture_output=True, text=True, check=True)
    lines = [line for line in frozen.stdout.splitlines() if "==" in line and not line.startswith("explainer")]
    head = "# Exact versions that were tested together. Regenerate with: python3 dev.py lock"
    (ROOT / "constraints.txt").write_text("\n".join([head, *lines]) + "\n", encoding="utf8")
    return 0


def prepare() -> None:
    """Make the environment unless the one that stands was made from these very files."""
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf8") == wanted:
        return
    print("Preparing the environment (once; about 6 GB with the CUDA build of PyTorch on Linux) …", flush=True)
    tool = uv()
    if not PYTHON.exists():
        subprocess.run([*tool, "venv", "--quiet", "--python", sys.executable, VENV], check=True)
    install = ["pip", "install", "--quiet", "--python", PYTHON, "--constraint", ROOT / "constraints.txt"]
    subprocess.run([*tool, *install, "--editable", f"{ROOT}[dev]"], check=True)
    system_libraries()
    STAMP.write_text(wanted, encoding="utf8")


def fingerprint() -> str:
    """Hash of the files that decide what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("pyproject.toml", "constraints.txt", "dev.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def uv() -> list[str]:
    """Command of ``uv``: the system's, or one that pip puts into a small environment of its own."""
    found = shutil.which("uv")
    if found:
        return [found]
    home = ROOT / ".uv"
    command = home / BIN.name / f"uv{EXE}"
    if not command.exists():
        made = subprocess.run([sys.executable, "-m", "venv", home], check=False, capture_output=True)
        if made.returncode:
            say("Python cannot make environments here; on Debian and Ubuntu: apt-get install python3-venv")
            made.check_returncode()
        pip = [
            home / BIN.name / f"python{EXE}",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, "uv"], check=True)
    return [str(command)]


def system_libraries() -> None:
    """On a bare Linux, install the few libraries Qt needs, or name them in one line."""
    if not sys.platform.startswith("linux") or qt_loads():
        return
    can_install = shutil.which("apt-get") and os.geteuid() == 0
    if can_install:
        print("Installing the system libraries that Qt needs …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.call(["apt-get", "update", "-qq"], **quiet)
        subprocess.call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *QT_LIBRARIES], **quiet)
    if not qt_loads():
        say(f"Qt needs a few system libraries; on Debian and Ubuntu: sudo apt-get install {' '.join(QT_LIBRARIES)}")


def qt_loads() -> bool:
    """Whether Qt's libraries, and those of the plug-in that this session would show windows with, are there."""
    probe = "import PySide6.QtWidgets, PySide6.QtSvg, cv2"
    if subprocess.call([PYTHON, "-c", probe], stderr=subprocess.DEVNULL):
        return False
    if not os.environ.get("DISPLAY"):
        return True
    show = "from PySide6.QtGui import QGuiApplication as A; A([])"
    return subprocess.call([PYTHON, "-c", show], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) == 0


def say(sentence: str) -> int:
    """Print one sentence to stderr; exit code 1."""
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
