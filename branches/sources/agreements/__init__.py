"""The collective agreements that the ministry of labour lists (Dares): titles, what is in force, what replaced what.

`entries` reads the published workbook, `plan` decides what each entry changes of what is known, `changes` tells it to
people, `source` finds the file and serves it.
"""
