"""How gunicorn serves the desk; every number comes from a setting (settings.py)."""

import gc

from settings import ROOT, load_settings

_settings = load_settings()

chdir = str(ROOT)
bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.workers
threads = _settings.threads
# Off: each process loads its own models. Forking after torch and SQLite have started threads and connections is unsafe.
preload_app = False
# Long enough for a cold start on a small machine: models and index are loaded before the first request.
timeout = 120
# Open event streams end by themselves within stream_seconds.
graceful_timeout = _settings.stream_seconds + 5
keepalive = 5
# The access log would write conversations' ids; the desk logs its own lines without them.
accesslog = None
errorlog = "-"
loglevel = _settings.log_level.lower()
# Addresses are rewritten by the application for as many proxies as MADOGUCHI_TRUSTED_PROXIES says.
forwarded_allow_ips = "*" if _settings.trusted_proxies else "127.0.0.1"
# Nothing is written outside the instance folder, and nothing controls the server but signals.
control_socket_disable = True


def post_worker_init(worker: object) -> None:
    """What was loaded at the start stays for good: the garbage collector need not walk through it.

    Walking through models and index took a quarter of a second in the middle of a request (docs/benchmarks.md, the staff side).
    """
    gc.collect()
    gc.freeze()
