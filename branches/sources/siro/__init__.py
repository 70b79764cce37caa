"""The SIRET-OPCO table of France compétences ("SIRO"): the backbone of every answer.

`reader` turns the published file into lines for COPY, `source` stages and serves them with the statements of `sql`,
`pairs` derives the attachments, `changes` tells what a vintage changes.
"""
