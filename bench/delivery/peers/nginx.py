"""nginx as the limit of what serving costs: a static file, and a proxy cache in front of an origin."""

from collections.abc import Iterator
from contextlib import contextmanager

from bench.delivery.installing import folder, program
from bench.delivery.processes import Server, free_port, serving

CONFIGURATION = """
daemon off; worker_processes 1; user root; pid {here}/nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000;
  types {{ image/avif avif; }}
  client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
  uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
  proxy_cache_path {here}/cache keys_zone=pictures:1m;
  server {{
    listen 127.0.0.1:{port};
    location /static/ {{ root {here}; }}
    location / {{
      proxy_pass http://127.0.0.1:{origin}; proxy_cache pictures; proxy_cache_valid 200 1h;
      proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
    }}
  }}
}}
"""


@contextmanager
def running(body: bytes, origin: int) -> Iterator[Server]:
    """Serves the body at /static/picture.avif, and everything else from the origin's port. Raises Absent."""
    here, port = folder() / "nginx", free_port()
    (here / "static").mkdir(parents=True, exist_ok=True)
    (here / "static" / "picture.avif").write_bytes(body)
    configuration = here / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(here=here, port=port, origin=origin))
    with serving("nginx", [program("nginx", "nginx"), "-c", str(configuration)], port, folder=here) as server:
        yield server
