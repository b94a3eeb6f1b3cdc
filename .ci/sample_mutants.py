"""Leaves a sample of the mutants that cosmic-ray found: `sample_mutants.py SESSION COUNT SEED`; COUNT may be `all`.

Those that a filter has skipped have a result already, and go too.
"""

import random
import sqlite3
import sys

FOUND = """SELECT module_path, operator_name, occurrence, job_id FROM mutation_specs
WHERE job_id NOT IN (SELECT job_id FROM work_results)"""
LEFT_OUT = {
    table: f"DELETE FROM {table} WHERE job_id NOT IN (SELECT job_id FROM kept)"  # noqa: S608 - names of our own
    for table in ("mutation_specs", "work_items", "work_results")
}

session, count, seed = sys.argv[1:]
with sqlite3.connect(session) as database:
    found = sorted(database.execute(FOUND))
    kept = found if count == "all" else random.Random(seed).sample(found, min(int(count), len(found)))  # noqa: S311
    database.execute("CREATE TEMP TABLE kept (job_id)")
    database.executemany("INSERT INTO kept VALUES (?)", [(job,) for *_, job in kept])
    for delete in LEFT_OUT.values():
        database.execute(delete)
print(f"{len(kept)} of {len(found)} mutants")
