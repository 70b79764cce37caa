"""What can be financed, as the portal's own files say it, and the strict reader that loads them.

One YAML file for each OPCO and one for the national frame, in the shape of `financing.calculator.rules.Criteria`.
Every value is checked before anything is written, and a problem names the file and the line. `files` reads them all,
`load` brings the tables to them.
"""
