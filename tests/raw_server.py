"""A server that answers with any bytes, also over TLS or IPv6."""

import contextlib
import socket
import ssl
import threading


class RawServer:
    """Answers each connection with `answer(head of the request)`, over TLS if it has a certificate.

    Without an `answer`, it takes connections and says nothing.
    """

    @classmethod
    def answering(cls, answer, certificate=None):
        """Return a function that makes such a server."""
        return lambda: cls(answer, certificate)

    def __init__(self, answer, certificate=None, family=socket.AF_INET):
        self.heads = []
        self._answer = answer
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._socket = socket.create_server(
            ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family
        )
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):  # until it is closed
            while True:
                connection, _ = self._socket.accept()
                with contextlib.suppress(OSError), contextlib.closing(connection):
                    if self._context:
                        connection = self._context.wrap_socket(connection, server_side=True)
                    with connection, connection.makefile("rb") as request:
                        self._talk(connection, request)

    def _talk(self, connection, request):
        if self._answer is None:
            request.read()
            return
        first = request.readline().strip()
        if b"HTTP/1." not in first:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        lines = [first, *iter(lambda: request.readline().strip(), b"")]
        lengths = [line.split(b":")[1] for line in lines if line.lower().startswith(b"content-length:")]
        request.read(sum(map(int, lengths)))
        self.heads.append(b"\n".join(lines).decode("latin-1"))
        connection.sendall(self._answer(self.heads[-1]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
