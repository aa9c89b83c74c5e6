"""Full index builds, each in a forked process: a test can kill many without waiting for the imports of each.

Every line on standard input starts one; standard output gives its process id and, when it has ended, its exit code.
"""

from __future__ import annotations

import os
import sys

import sentence_transformers  # noqa: F401 - saving an encoder imports it, which takes seconds
import torch

from indexer import text
from indexer.__main__ import main
from indexer.base_vectors import from_ginza

torch.set_num_threads(1)  # a forked process has no threads but its own
from_ginza()
text.tokens("準備")
print("ready", flush=True)
for _ in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os._exit(main(["build", "--full"]))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
