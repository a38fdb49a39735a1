"""Dockerfile and compose.yaml: read by parsers of their own, and their steps done without containers.

What only a container has (its user, its folders at the root) stands in a folder or is noted by a stand-in.
"""

import json
import re
import shlex
import shutil
import signal
import subprocess
import sysconfig
import venv

import pytest
import yaml
from compose_spec import PyCompose
from django.conf import settings
from dockerfile_parse import DockerfileParser

from tests.real_server import DEADLINE, ROOT, free_port, wait_until

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = ("web", "resume", "migrate")


def steps():
    """Return the Dockerfile's instructions in order, as pairs of name and text."""
    parser = DockerfileParser(str(ROOT / "Dockerfile"), cache_content=True)
    pairs = [(step["instruction"], step["value"]) for step in parser.structure]
    return [(name, value) for name, value in pairs if name != "COMMENT"]


def only(name):
    (value,) = [value for instruction, value in steps() if instruction == name]
    return value


def sources():
    """Return what is copied into the image."""
    copied = [value.split()[:-1] for name, value in steps() if name == "COPY"]
    return [source for group in copied for source in group]


# --- Dockerfile ----------------------------------------------------------------------------------


def test_the_image_is_built_as_images_should_be():
    names = [name for name, _ in steps()]
    assert names[0] == "FROM"
    assert re.fullmatch(r"python:3\.11-slim-\w+", only("FROM"))  # a version, and the one that tests run on
    assert "ADD" not in names
    assert names.count("CMD") == names.count("HEALTHCHECK") == names.count("USER") == 1
    assert only("USER") == "app"
    assert max(at for at, name in enumerate(names) if name in ("RUN", "COPY")) < names.index("USER")
    assert json.loads(only("CMD"))  # no shell between it and the signals
    for name, value in steps():
        if name == "RUN" and "pip install" in value:
            assert value.count("--no-cache-dir") == value.count("pip install") == value.count("--constraint")
        assert name not in ("ENV", "ARG") or not re.search("KEY|TOKEN|PASSWORD|SECRET", value)


def test_the_image_holds_the_program_and_nothing_else():
    assert all((ROOT / source).exists() for source in sources())
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    assert {source.partition(".txt")[0] for source in sources() if source.endswith(".txt")} <= {
        path.stem for path in ROOT.glob("requirements*.txt")
    }
    assert {source for source in sources() if not source.endswith(".txt")} <= {*allowed}


# --- compose.yaml --------------------------------------------------------------------------------


def test_the_compose_file_is_one():
    text = (ROOT / "compose.yaml").read_text()
    filled = yaml.safe_load(re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text))  # as compose does where none is set
    read = PyCompose.from_json(json.dumps(filled))
    assert set(read.service_names()) == {*OURS, "db", "cache"}
    read.validate()


@pytest.mark.parametrize("name", OURS)
def test_ours_have_no_rights_and_no_secrets_in_the_open(name):
    service = COMPOSE["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    grace = int(service["stop_grace_period"].removesuffix("s"))
    assert grace >= 20 + 10  # SHUTDOWN_GRACE_SECONDS and what gunicorn adds


def test_services_wait_for_those_that_they_need():
    services = COMPOSE["services"]
    for name, service in services.items():
        assert not service.get("image", "x:1").endswith(":latest")
        for needed, how in service.get("depends_on", {}).items():
            healthy = how["condition"] == "service_healthy"
            assert not healthy or "test" in services[needed]["healthcheck"], (name, needed)
    assert services["web"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]  # a proxy with https is in front
    assert not {"ports"} & (services["db"].keys() | services["cache"].keys())


def test_the_variables_are_those_that_the_program_reads():
    known = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "emailassistant/settings.py").read_text()))
    given = {name.removesuffix("_FILE") for name in COMPOSE["services"]["web"]["environment"]}
    env = dict(pair.split("=") for pair in only("ENV").split() if "=" in pair)
    assert given <= known
    assert env.keys() - {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} <= known


# --- The steps -----------------------------------------------------------------------------------


class Image:
    """A folder that stands for the image: its Python, its /app and its /data."""

    def __init__(self, folder):
        self.folder, self.app, self.data = folder, folder / "app", folder / "data"
        self.noted = folder / "noted"
        for path in (self.app, self.data, folder / "bin"):
            path.mkdir()
        self._make_python()
        for program in ("useradd", "chown"):  # of the machine that runs the tests, nothing is changed
            (folder / "bin" / program).write_text(f'#!/bin/sh\necho {program} "$@" >> {self.noted}\n')
            (folder / "bin" / program).chmod(0o755)
        self.env = {"PATH": f"{folder}/bin:{folder}/python/bin:/usr/bin:/bin", "HOME": str(folder)}

    def _make_python(self):
        """A Python whose packages are those of the tests: pip finds what is asked for, or would get it."""
        venv.create(self.folder / "python", with_pip=False, symlinks=True)
        (packages,) = (self.folder / "python").glob("lib/python*/site-packages")
        (packages / "of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
        path = self.folder / "python/bin/pip"
        start = "import sys\nfrom pip._internal.cli.main import main\nsys.exit(main())"
        path.write_text(f"#!{self.folder}/python/bin/python\n{start}\n")
        path.chmod(0o755)

    def inside(self, text):
        return re.sub(r"(?<![\w.])/(app|data)\b", lambda match: str(self.folder / match[1]), text)

    def do(self, name, value):
        if name == "ENV":
            self.env |= dict(pair.split("=", 1) for pair in shlex.split(self.inside(value)))
        elif name == "COPY":
            *found, target = value.split()
            for source in found:
                self._copy(ROOT / source, self.app / target)
        elif name == "RUN":
            self.run(["sh", "-euc", self.inside(value)])

    def _copy(self, source, target):
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)

    def run(self, command, **changed):
        done = subprocess.run(
            command, cwd=self.app, env=self.env | changed, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.mark.server
@pytest.mark.skipif(
    not settings.IS_SQLITE, reason="Its database is a file: it runs with the tests on SQLite."
)
def test_the_steps_make_a_server_that_serves(tmp_path):
    image = Image(tmp_path)
    for name, value in steps():
        image.do(name, value)
    noted = image.noted.read_text()
    assert "useradd --system --uid 10001" in noted
    assert f"chown -R app {image.data}" in noted
    assert not (image.data / "secret_key").exists()  # none is made while building
    assert (image.data / "static").is_dir()

    run = {"PORT": str(free_port()), "SECRET_KEY": "x" * 50, "EMBEDDED_MODEL": "0", "TMPDIR": str(tmp_path)}
    image.run(COMPOSE["services"]["migrate"]["command"], **run)
    health = json.loads(only("HEALTHCHECK").partition("CMD ")[2])

    def is_healthy():
        asked = subprocess.run(health, env=image.env | run, stderr=subprocess.DEVNULL, check=False)
        return asked.returncode == 0

    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            json.loads(only("CMD")), cwd=image.app, env=image.env | run, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: server.poll() is not None or is_healthy())  # asked again and again, as engines do
        assert server.poll() is None, (tmp_path / "log").read_text()
        server.send_signal(signal.SIGTERM)
        assert server.wait(DEADLINE) == 0, (tmp_path / "log").read_text()
    finally:
        server.kill()
        server.wait()
    assert not is_healthy()  # the server is gone
