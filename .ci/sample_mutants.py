"""Leaves a sample of the mutants that cosmic-ray found: `sample_mutants.py SESSION COUNT SEED`; COUNT may be `all`."""

import random
import sqlite3
import sys

session, count, seed = sys.argv[1:]
with sqlite3.connect(session) as database:
    columns = "module_path, operator_name, occurrence, job_id"
    chosen = f"SELECT {columns} FROM mutation_specs WHERE job_id NOT IN (SELECT job_id FROM work_results)"  # noqa: S608
    found = sorted(database.execute(chosen))
    kept = found if count == "all" else random.Random(seed).sample(found, min(int(count), len(found)))  # noqa: S311
    left_out = [(job,) for *_, job in {*found} - {*kept}]
    for table in ("mutation_specs", "work_items"):
        database.executemany(f"DELETE FROM {table} WHERE job_id = ?", left_out)  # noqa: S608
print(f"{len(kept)} of {len(found)} mutants")
