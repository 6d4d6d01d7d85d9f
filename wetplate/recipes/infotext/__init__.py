"""Infotexts: what generators write about a picture, read and written.

Here: the grammar of A1111's "parameters" text (`grammar`), what its reader takes for granted (`implied`),
the files that carry such texts (`carriers`, `png`, `exif`), other tools' dialects (`comfy`, `invoke`), the
way to and from a recipe (`conversion`), the model hashes they name (`hashes`). Not here: pixels; none is
decoded to be read.

Two modes. Lenient reads what can be told, and reports: `assumed` lists what was guessed, `dropped` what was
lost. Strict refuses wherever lenient would have something to report.
"""
