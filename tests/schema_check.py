#!/usr/bin/env python3
"""schema_check.py SCHEMA FILE...: hold JSON files against a JSON Schema (draft 7).

Prints one line per violation, "file: path: what", and exits 1 when there is any.
"""
import json
import sys

import jsonschema


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failed = False
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            document = json.load(file)
        for error in validator.iter_errors(document):
            path = "/".join(str(step) for step in error.absolute_path) or "(root)"
            print(f"{name}: {path}: {error.message[:200]}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
