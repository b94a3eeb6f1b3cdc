"""Ask a Python function each row, in a process of its own. Run as a script.

The function takes one question as a dict and returns the answer as a dict; `seq` is added. Its prints go to standard
error.
"""

import json
import os
import sys
from importlib import import_module

sys.path[0] = os.getcwd()


def main(name: str) -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, _, function = name.partition(":")
    try:
        play = getattr(import_module(module), function)
    except (ImportError, AttributeError) as problem:
        sys.exit(f"{name}: {problem}")
    print(json.dumps({"client": name}), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        print(json.dumps({"seq": question["seq"], **play(question)}), file=answers, flush=True)


main(sys.argv[1])
