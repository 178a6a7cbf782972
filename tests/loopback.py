"""A server of this machine for tests of fetching: what it gives is said by each test."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer:
    """One answer: status, headers, and the pieces of its body; an `Event` among them is waited for."""

    def __init__(self, *pieces, status=200, length=True, **headers):
        self.status, self.pieces = status, pieces
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if length is True:
            length = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        if length is not False:
            self.headers["Content-Length"] = str(length)


@contextmanager
def serving(answers):
    """Serve `answers` by path; yield the address and the list of paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer = answers[self.path.partition("?")[0]]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in answer.pieces:
                    if isinstance(piece, bytes):
                        self.wfile.write(piece)
                        self.wfile.flush()
                    else:
                        piece.wait(10)
            except OSError:
                pass  # the other side has gone

        def log_message(self, *_):
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="loopback")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
