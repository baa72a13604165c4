"""A carrier that is merely there: it answers `GET /health`."""

import argparse
from http.server import BaseHTTPRequestHandler, HTTPServer


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


parser = argparse.ArgumentParser()
for option in ("--port", "--journal", "--api-key", "--webhook-secret"):
    parser.add_argument(option, required=True)
HTTPServer(("127.0.0.1", int(parser.parse_args().port)), Health).serve_forever()
