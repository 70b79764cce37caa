"""The portal's own reference files, and the strict reader that loads them.

Every file is a UTF-8 CSV with a header; every value is checked before anything is written, and an error names
the file and the line. `branches.reference.files` says what each holds, `branches.reference.load` applies them.
"""
