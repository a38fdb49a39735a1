"""A real nginx with the configuration that the documentation ships, before servers of a test's own."""

import os
import ssl
import subprocess
import tempfile
from pathlib import Path

import httpx

from tests.real_server import DEADLINE, ROOT, accepts, free_port, wait_until
from tests.services import nginx_path

# Of each server behind it.
PRODUCTION = {
    "WEB_CONCURRENCY": "2",
    "HTTPS": "1",
    "BEHIND_PROXY": "1",
    "SECRET_KEY": "the same on both, and long enough to be one " * 2,
}
SHIPPED = ROOT / "docs/how-to/deploy/nginx.conf"
AROUND = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    add_header X-Served-By $upstream_addr always;
    include {folder}/site.conf;
}}
"""


class OwnNginx:
    """An https proxy with its own certificate; clients use it like a single server."""

    def __init__(self, servers):
        self.port, self.plain_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.servers = servers
        self.tokens = servers[0].tokens

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="own-nginx-")
        folder = Path(self._folder.name)
        self._make_certificate(folder)
        self.certificate = folder / "certificate.pem"
        self.verify = ssl.create_default_context(cafile=self.certificate)
        (folder / "site.conf").write_text(self._site(folder))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
        self.error_log = folder / "error.log"
        command = [nginx_path(), "-p", folder, "-c", folder / "nginx.conf", "-e", self.error_log]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port) or self._process.poll() is not None)
        assert self._process.poll() is None, self.error_log.read_text()
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(DEADLINE)
        self._folder.cleanup()

    def _make_certificate(self, folder):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        command += [
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ]
        command += ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
        subprocess.run(command, check=True, capture_output=True)

    def _site(self, folder):
        """Return the shipped file with our names, ports and certificate in place of its own."""
        changed = {
            "10.0.0.11:8000": f"127.0.0.1:{self.servers[0].port}",
            "10.0.0.12:8000": f"127.0.0.1:{self.servers[1].port}",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "/etc/ssl/mail.example.org/fullchain.pem": f"{folder}/certificate.pem",
            "/etc/ssl/mail.example.org/privkey.pem": f"{folder}/key.pem",
        }
        text = SHIPPED.read_text()
        for shipped, own in changed.items():
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, own)
        return text

    def client(self, person="ida"):
        headers = {"Authorization": f"Token {self.tokens[person]}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=DEADLINE, verify=self.verify)

    def get(self, address, **options):
        """Send a request without a token."""
        return httpx.get(f"{self.url}{address}", timeout=DEADLINE, verify=self.verify, **options)

    def rows(self, query):
        return self.servers[0].rows(query)
