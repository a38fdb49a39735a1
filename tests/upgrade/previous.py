"""A server of the previous version, with its own code."""

import tarfile
import tempfile
from pathlib import Path

from tests import leaks
from tests.real_server import RealServer

# That version's code, named after its release; docs/how-to/release.md says how the next one takes the place.
(ARCHIVE,) = Path(__file__).parent.glob("*.tar.xz")
PASSWORD = "correct horse"
PEOPLE = ("ida", "root")

# Not the one of `tests.real_server`: this version migrates with its own migrations.
SET_UP = f"""
import django, sys
django.setup()
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from assistant_app.models import ApiToken
call_command("migrate", verbosity=0)
password = make_password({PASSWORD!r})
for name in sys.argv[1:]:
    user = User(username=name, password=password)
    user.is_staff = user.is_superuser = name == "root"
    user.save()
    print(ApiToken.objects.create(user)[1])
"""


class Previous(RealServer):
    """With a person, and an administrator who may sign in to its pages, too."""

    def __init__(self, *, beside=None, **options):
        super().__init__(people=PEOPLE, beside=beside, **options)
        self._code = tempfile.TemporaryDirectory(prefix="previous-")
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(self._code.name, filter="data")
        self.root = Path(self._code.name)

    def _set_up(self):
        if self._beside is not None:
            self.tokens = self._beside.tokens
            return
        self.database.create()
        made = self.run("-c", SET_UP, *self.people)
        self.tokens = dict(zip(self.people, made.split(), strict=True))
        leaks.secrets.update(self.tokens.values())

    def __exit__(self, *_):
        super().__exit__(*_)
        self._code.cleanup()
